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
 * Events that go out together: one as it is, several in a list under one signature.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class parcel {
    /** @var int Bytes of events in one message. Hearth takes a mebibyte. */
    private const LONGEST = 262144;

    /**
     * So many events as one message.
     *
     * @param \stdClass[] $rows Of the outbox, in their order
     * @param string $id By which the other side knows it: the same for the same events
     * @param string $body
     */
    private function __construct(
        /** @var \stdClass[] Of the outbox, in their order */
        public readonly array $rows,
        /** @var string By which the other side knows it */
        public readonly string $id,
        /** @var string JSON */
        public readonly string $body,
    ) {
    }

    /**
     * The first of what is due, with those after it that may go along.
     *
     * They go along where they speak for the same tool of the same site, as long as the message stays short enough. What
     * has failed often goes alone, for it may be the reason.
     *
     * @param \stdClass[] $due Of the outbox, in their order, at least one
     * @return self
     */
    public static function of(array $due): self {
        $due = array_values($due);
        $first = $due[0];
        $rows = [];
        $events = [];
        $bytes = 0;
        foreach ($due as $row) {
            $bytes += strlen($row->payload);
            $told = json_decode($row->payload);
            $isalong = isset($told->data->event)
                && !outbox::is_suspect($row)
                && $bytes <= self::LONGEST
                && (!$events || self::sender($told) === $sender);
            if (!$isalong) {
                break;
            }
            $sender = self::sender($told);
            $at ??= $told->timestamp;
            $events[] = $told->data->event;
            $rows[] = $row;
        }
        if (count($rows) < 2) {
            return new self([$first], $first->eventid, $first->payload);
        }
        return new self(
            $rows,
            'many_' . sha1(implode(' ', array_column($rows, 'eventid'))),
            payload::together($events, $sender, $at),
        );
    }

    /**
     * How many events it holds.
     *
     * @return int
     */
    public function count(): int {
        return count($this->rows);
    }

    /**
     * For which tool of which site something is told.
     *
     * @param \stdClass $told
     * @return string[] site, clientid
     */
    private static function sender(\stdClass $told): array {
        return ['site' => (string) $told->data->site, 'clientid' => (string) $told->data->clientid];
    }
}
