<?php
// This file is part of Hearth's plugin for Moodle.
//
// This program is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// This program is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with this program.  If not, see <https://www.gnu.org/licenses/>.

namespace local_hearth;

/**
 * Carries what waits to Hearth.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class courier {
    /** @var int Seconds after which another run goes on, so that other work of the site gets its turn. */
    private const SHIFT = 50;
    /** @var int Seconds to wait for another messenger to finish. */
    private const PATIENCE = 60;

    /**
     * Carry what is due, and see to it that somebody comes for the rest.
     *
     * @return int How many arrived
     */
    public static function run(): int {
        $lock = \core\lock\lock_config::get_lock_factory('local_hearth')->get_lock('courier', self::PATIENCE);
        if (!$lock) {
            // Somebody else has been at it for a minute, and will ring for the rest.
            return 0;
        }
        try {
            return self::carry();
        } finally {
            $lock->release();
        }
    }

    /**
     * Try the connection once, now, with something that means nothing.
     *
     * @return outcome
     */
    public static function test(): outcome {
        $eventid = \core\uuid::generate();
        $outcome = self::post($eventid, payload::test($eventid, outbox::now()));
        if ($outcome->is_success()) {
            endpoint::resume();
            endpoint::worked(endpoint::current(), $outcome);
            outbox::ring();
        }
        return $outcome;
    }

    /**
     * Carry on until nothing is due, something is in the way, or the shift is over.
     *
     * @return int How many arrived
     */
    private static function carry(): int {
        global $DB;
        $arrived = 0;
        if (in_array(endpoint::state(), ['none', 'moved', 'stopped'], true)) {
            return 0;
        }
        $endpoint = endpoint::current();
        $until = outbox::now() + self::SHIFT;
        if ($endpoint->pauseduntil > outbox::now()) {
            outbox::ring((int) $endpoint->pauseduntil);
            return 0;
        }
        $DB->set_field_select(
            'local_hearth_outbox',
            'endpointid',
            $endpoint->id,
            'status = :waiting AND endpointid <> :current',
            ['waiting' => outbox::WAITING, 'current' => $endpoint->id],
        );
        $stride = new stride($endpoint->failures > 0);
        $isprobe = false;
        while ($due = outbox::due(outbox::now(), $stride->next())) {
            $parcel = parcel::of($due);
            $outcome = self::post($parcel->id, $parcel->body);
            if ($outcome->is_success()) {
                outbox::arrived($parcel->rows, $outcome);
                endpoint::worked($endpoint, $outcome);
                $stride->arrived($parcel->count());
                $isprobe = false;
                $arrived += $parcel->count();
            } else if ($outcome->is_gone()) {
                outbox::note($parcel->rows[0], outbox::WAITING, $outcome, outbox::now());
                endpoint::gone($endpoint, $outcome);
                return $arrived;
            } else if ($outcome->is_refused()) {
                if ($parcel->count() === 1) {
                    outbox::note($parcel->rows[0], outbox::GIVEN_UP, $outcome);
                }
                $stride->refused($parcel->count(), $outcome->is_too_large());
            } else if ($isprobe || !self::put_off($parcel, $endpoint, $outcome)) {
                return $arrived;
            } else {
                // It may itself be the reason: another one tells whether anything arrives.
                $stride = new stride(true);
                $isprobe = true;
            }
            if (outbox::now() >= $until) {
                outbox::ring();
                return $arrived;
            }
        }
        $next = outbox::next_time();
        if ($next !== null) {
            outbox::ring(max($next, (int) $endpoint->pauseduntil));
        }
        return $arrived;
    }

    /**
     * Something is in the way: nobody is asked before the pause is over, and then with one event alone.
     *
     * Only what went alone has had an attempt of its own. Of many, the first goes alone next time.
     *
     * @param parcel $parcel
     * @param \stdClass $endpoint
     * @param outcome $outcome
     * @return bool Whether what went may itself be the reason
     */
    private static function put_off(parcel $parcel, \stdClass $endpoint, outcome $outcome): bool {
        $issuspect = false;
        if ($parcel->count() === 1) {
            $row = $parcel->rows[0];
            $isenough = $row->attempts >= count(endpoint::PAUSES);
            $next = outbox::now() + endpoint::pause((int) $row->attempts);
            outbox::note($row, $isenough ? outbox::GIVEN_UP : outbox::WAITING, $outcome, $isenough ? 0 : $next);
            $row->attempts++;
            $issuspect = outbox::is_suspect($row);
        }
        endpoint::failed($endpoint, $outcome);
        outbox::ring((int) $endpoint->pauseduntil);
        return $issuspect;
    }

    /**
     * One attempt.
     *
     * @param string $id
     * @param string $body
     * @return outcome
     */
    private static function post(string $id, string $body): outcome {
        $headers = signature::headers((string) get_config('local_hearth', 'secret'), $id, outbox::now(), $body);
        return \core\di::get(transport::class)->post((string) get_config('local_hearth', 'url'), $body, $headers);
    }
}
