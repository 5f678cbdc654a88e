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
 * How the address that events are sent to is doing.
 *
 * The address and its secret are settings; this is what is learned by sending.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class endpoint {
    /** @var int Is sent to. */
    public const SENDING = 0;
    /** @var int Has said that it is gone. */
    public const STOPPED = 1;

    /** @var int[] Seconds to wait after the first failure, the second, and so on. */
    public const PAUSES = [
        5,
        5 * MINSECS,
        30 * MINSECS,
        2 * HOURSECS,
        5 * HOURSECS,
        10 * HOURSECS,
        14 * HOURSECS,
        20 * HOURSECS,
        DAYSECS,
    ];

    /**
     * The row of the address that is set now.
     *
     * @return \stdClass
     */
    public static function current(): \stdClass {
        global $DB;
        $url = (string) get_config('local_hearth', 'url');
        $known = ['urlhash' => sha1($url)];
        $row = $DB->get_record('local_hearth_endpoint', $known);
        if (!$row) {
            $now = outbox::now();
            try {
                $DB->insert_record('local_hearth_endpoint', $known + [
                    'url' => $url,
                    'status' => self::SENDING,
                    'failures' => 0,
                    'pauseduntil' => 0,
                    'timecreated' => $now,
                    'timemodified' => $now,
                ]);
            } catch (\dml_write_exception $e) {
                // Somebody else was faster.
                unset($e);
            }
            $row = $DB->get_record('local_hearth_endpoint', $known, '*', MUST_EXIST);
        }
        return $row;
    }

    /**
     * An attempt worked.
     *
     * @param \stdClass $endpoint Is brought up to date
     * @param outcome $outcome
     */
    public static function worked(\stdClass $endpoint, outcome $outcome): void {
        $now = outbox::now();
        if ($endpoint->failures || $endpoint->pauseduntil || $endpoint->lastsuccess != $now) {
            self::write($endpoint, ['failures' => 0, 'pauseduntil' => 0, 'lastsuccess' => $now], $outcome);
        }
    }

    /**
     * An attempt failed, and so would the next: nobody is asked for a while.
     *
     * @param \stdClass $endpoint Is brought up to date
     * @param outcome $outcome
     */
    public static function failed(\stdClass $endpoint, outcome $outcome): void {
        $pause = max(self::pause((int) $endpoint->failures), min($outcome->retryafter, DAYSECS));
        self::write(
            $endpoint,
            ['failures' => $endpoint->failures + 1, 'pauseduntil' => outbox::now() + $pause],
            $outcome,
        );
    }

    /**
     * The address has said that it is gone.
     *
     * @param \stdClass $endpoint Is brought up to date
     * @param outcome $outcome
     */
    public static function gone(\stdClass $endpoint, outcome $outcome): void {
        self::write($endpoint, ['status' => self::STOPPED], $outcome);
    }

    /**
     * Try the address that is set now again, at once.
     */
    public static function resume(): void {
        $endpoint = self::current();
        self::write($endpoint, ['status' => self::SENDING, 'failures' => 0, 'pauseduntil' => 0]);
    }

    /**
     * How long to wait after so many failures, up to a tenth longer so that not all come back at once.
     *
     * @param int $failures
     * @return int seconds
     */
    public static function pause(int $failures): int {
        $seconds = self::PAUSES[min($failures, count(self::PAUSES) - 1)];
        return $seconds + random_int(0, intdiv($seconds, 10));
    }

    /**
     * One word for how it is doing.
     *
     * @return string none, moved, quiet, sending, paused or stopped
     */
    public static function state(): string {
        if (!outbox::is_wanted()) {
            return 'none';
        }
        if (pairing::has_moved()) {
            return 'moved';
        }
        $endpoint = self::current();
        if ($endpoint->status == self::STOPPED) {
            return 'stopped';
        }
        if ($endpoint->failures > 0) {
            return 'paused';
        }
        return choice::is_empty() ? 'quiet' : 'sending';
    }

    /**
     * Write some fields.
     *
     * @param \stdClass $endpoint Is brought up to date
     * @param array $fields
     * @param outcome|null $outcome
     */
    private static function write(\stdClass $endpoint, array $fields, ?outcome $outcome = null): void {
        global $DB;
        if ($outcome) {
            $fields['lastcode'] = $outcome->code;
            $fields['lasterror'] = \core_text::substr($outcome->error, 0, 255);
        }
        $fields['timemodified'] = outbox::now();
        foreach ($fields as $name => $value) {
            $endpoint->$name = $value;
        }
        $DB->update_record('local_hearth_endpoint', ['id' => $endpoint->id] + $fields);
    }
}
