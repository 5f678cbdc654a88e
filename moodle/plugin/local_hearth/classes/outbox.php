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

use core\task\manager;
use local_hearth\task\deliver;

/**
 * What is to be told to Hearth, kept until it is.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class outbox {
    /** @var int Not told yet. */
    public const WAITING = 0;
    /** @var int Hearth has it. */
    public const SENT = 1;
    /** @var int Tried often enough, or refused for what it is. */
    public const GIVEN_UP = 2;

    /** @var int After so many attempts that failed, something may itself be the reason. */
    private const SUSPECT = 2;
    /** @var int How long what was sent is kept. */
    private const KEEP_SENT = WEEKSECS;
    /** @var int How long what was given up can still be sent again. */
    private const KEEP_GIVEN_UP = 90 * DAYSECS;

    /**
     * Whether there is anybody to tell.
     *
     * @return bool
     */
    public static function is_wanted(): bool {
        return (string) get_config('local_hearth', 'url') !== '' && (string) get_config('local_hearth', 'secret') !== '';
    }

    /**
     * Keep something to tell, and see to it that somebody will.
     *
     * @param string $eventid
     * @param string $name
     * @param string $payload The body as it will be sent
     * @param int $userid
     * @param int $relateduserid
     */
    public static function keep(string $eventid, string $name, string $payload, int $userid, int $relateduserid): void {
        global $DB;
        $now = self::now();
        $endpoint = endpoint::current();
        $DB->insert_record('local_hearth_outbox', [
            'eventid' => $eventid,
            'endpointid' => $endpoint->id,
            'eventname' => $name,
            'userid' => $userid,
            'relateduserid' => $relateduserid,
            'payload' => $payload,
            'attempts' => 0,
            'nexttime' => $now,
            'status' => self::WAITING,
            'timecreated' => $now,
            'timemodified' => $now,
        ]);
        if ($endpoint->status != endpoint::STOPPED) {
            self::ring((int) $endpoint->pauseduntil);
        }
    }

    /**
     * Let the messenger run, now or not before a time.
     *
     * A task that is running already does not count: it may have looked for the last time. One that waits
     * will look after what is kept now.
     *
     * @param int $at
     */
    public static function ring(int $at = 0): void {
        global $DB;
        $now = self::now();
        $waits = $DB->record_exists_select(
            'task_adhoc',
            'classname = :classname AND timestarted IS NULL AND nextruntime <= :at',
            ['classname' => '\\' . deliver::class, 'at' => max($at, $now)],
        );
        if (!$waits) {
            $task = new deliver();
            if ($at > $now) {
                $task->set_next_run_time($at);
            }
            manager::queue_adhoc_task($task);
        }
    }

    /**
     * What is due to be sent, oldest first; what may itself be the reason why nothing arrives comes after all others.
     *
     * @param int $now
     * @param int $limit
     * @return \stdClass[]
     */
    public static function due(int $now, int $limit): array {
        global $DB;
        return $DB->get_records_select(
            'local_hearth_outbox',
            'status = :waiting AND nexttime <= :now',
            ['waiting' => self::WAITING, 'now' => $now],
            'CASE WHEN attempts < ' . self::SUSPECT . ' THEN 0 ELSE 1 END, id',
            '*',
            0,
            $limit,
        );
    }

    /**
     * Whether something has failed so often that it may itself be the reason.
     *
     * @param \stdClass $row
     * @return bool
     */
    public static function is_suspect(\stdClass $row): bool {
        return $row->attempts >= self::SUSPECT;
    }

    /**
     * When the next one is due, or null when none waits.
     *
     * @return int|null
     */
    public static function next_time(): ?int {
        global $DB;
        $next = $DB->get_field('local_hearth_outbox', 'MIN(nexttime)', ['status' => self::WAITING]);
        return $next === null || $next === false ? null : (int) $next;
    }

    /**
     * Write down what became of an attempt.
     *
     * @param \stdClass $row
     * @param int $status
     * @param outcome $outcome
     * @param int $nexttime
     */
    public static function note(\stdClass $row, int $status, outcome $outcome, int $nexttime = 0): void {
        global $DB;
        $DB->update_record('local_hearth_outbox', [
            'id' => $row->id,
            'status' => $status,
            'attempts' => $row->attempts + 1,
            'nexttime' => $nexttime,
            'lastcode' => $outcome->code,
            'lasterror' => $status === self::SENT ? '' : \core_text::substr($outcome->error, 0, 255),
            'timemodified' => self::now(),
        ]);
    }

    /**
     * Write down that all of them arrived, in one statement.
     *
     * @param \stdClass[] $rows
     * @param outcome $outcome
     */
    public static function arrived(array $rows, outcome $outcome): void {
        global $DB;
        [$in, $ids] = $DB->get_in_or_equal(array_column($rows, 'id'), SQL_PARAMS_NAMED);
        $DB->execute(
            "UPDATE {local_hearth_outbox}
                SET status = :sent, attempts = attempts + 1, nexttime = 0, lastcode = :code, lasterror = '', timemodified = :now
              WHERE id $in",
            $ids + ['sent' => self::SENT, 'code' => $outcome->code, 'now' => self::now()],
        );
    }

    /**
     * Let what was given up be sent again, and what waits be sent at once.
     */
    public static function send_again(): void {
        global $DB;
        $DB->execute(
            'UPDATE {local_hearth_outbox} SET status = :waiting, attempts = 0, nexttime = :now WHERE status <> :sent',
            ['waiting' => self::WAITING, 'now' => self::now(), 'sent' => self::SENT],
        );
        endpoint::resume();
        self::ring();
    }

    /**
     * How many wait and were given up, and since when the oldest waits.
     *
     * @return \stdClass waiting, givenup, oldestwaiting
     */
    public static function count(): \stdClass {
        global $DB;
        $oldest = $DB->get_field('local_hearth_outbox', 'MIN(timecreated)', ['status' => self::WAITING]);
        return (object) [
            'waiting' => $DB->count_records('local_hearth_outbox', ['status' => self::WAITING]),
            'givenup' => $DB->count_records('local_hearth_outbox', ['status' => self::GIVEN_UP]),
            'oldestwaiting' => (int) $oldest,
        ];
    }

    /**
     * Throw away what nobody needs any more.
     */
    public static function purge(): void {
        global $DB;
        $kept = [self::SENT => self::KEEP_SENT, self::GIVEN_UP => self::KEEP_GIVEN_UP];
        foreach ($kept as $status => $seconds) {
            $DB->delete_records_select(
                'local_hearth_outbox',
                'status = :status AND timemodified < :before',
                ['status' => $status, 'before' => self::now() - $seconds],
            );
        }
    }

    /**
     * The time, which tests can set.
     *
     * @return int
     */
    public static function now(): int {
        return \core\di::get(\core\clock::class)->time();
    }
}
