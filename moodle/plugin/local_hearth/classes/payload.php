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
 * What is said of an event: ids, and as little else as Hearth can do with.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class payload {
    /** @var string[] Kept of an event. */
    private const FIELDS = [
        'objectid',
        'contextlevel',
        'contextinstanceid',
        'courseid',
        'userid',
        'relateduserid',
        'anonymous',
        'timecreated',
    ];

    /** @var string[] Kept of what only some events say. */
    private const OTHER = ['groupid', 'modulename', 'instanceid'];

    /**
     * A body for an event of Moodle.
     *
     * @param \core\event\base $event
     * @param string $eventid
     * @return string JSON
     */
    public static function of(\core\event\base $event, string $eventid): string {
        $name = choice::name($event);
        $data = $event->get_data();
        $told = ['eventid' => $eventid, 'eventname' => $data['eventname']];
        foreach (self::FIELDS as $field) {
            $told[$field] = $data[$field] === null ? null : (int) $data[$field];
        }
        $other = array_intersect_key((array) $data['other'], array_flip(self::OTHER));
        if (in_array($name, ['course_created', 'course_updated'], true) && isset($data['other']['fullname'])) {
            $other['fullname'] = (string) $data['other']['fullname'];
        }
        if ($name === 'course_restored' && !empty($data['other']['samesite'])) {
            // The number of a course of another site would be taken for one of ours.
            $other['originalcourseid'] = (int) $data['other']['originalcourseid'];
        }
        if ($name === 'user_updated' && get_config('local_hearth', 'names')) {
            $person = \core_user::get_user($data['objectid']);
            $other['fullname'] = $person ? fullname($person, true) : '';
        }
        $told['other'] = (object) $other;
        return self::body('moodle.' . $name, $told, $data['timecreated']);
    }

    /**
     * A body that only tries whether it gets there.
     *
     * @param string $eventid
     * @param int $now
     * @return string JSON
     */
    public static function test(string $eventid, int $now): string {
        return self::body('moodle.test_requested', [
            'eventid' => $eventid,
            'eventname' => '\\local_hearth\\event\\test_requested',
            'courseid' => 0,
            'timecreated' => $now,
            'other' => (object) [],
        ], $now);
    }

    /**
     * One body for several events that were written down one by one.
     *
     * @param \stdClass[] $events As they stand in bodies of their own, in their order
     * @param string[] $sender site, clientid
     * @param string $at When the first of them happened
     * @return string JSON
     */
    public static function together(array $events, array $sender, string $at): string {
        return self::json(['type' => 'moodle.events', 'timestamp' => $at, 'data' => $sender + ['events' => $events]]);
    }

    /**
     * The frame around one of them.
     *
     * @param string $type
     * @param array $event
     * @param int $at
     * @return string JSON
     */
    private static function body(string $type, array $event, int $at): string {
        return self::json([
            'type' => $type,
            'timestamp' => gmdate('Y-m-d\TH:i:s\Z', $at),
            'data' => ['site' => pairing::siteid(), 'clientid' => pairing::clientid(), 'event' => $event],
        ]);
    }

    /**
     * As it is sent.
     *
     * @param array $document
     * @return string
     */
    private static function json(array $document): string {
        return json_encode(
            $document,
            JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR,
        );
    }
}
