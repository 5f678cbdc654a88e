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
 * Which of Moodle's events are told to Hearth.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class choice {
    /** @var string[] Ticked until an administrator says otherwise: what changes who is in a course, and where Hearth is there. */
    public const FIRST = [
        'user_enrolment_created',
        'user_enrolment_updated',
        'user_enrolment_deleted',
        'role_assigned',
        'role_unassigned',
        'group_created',
        'group_updated',
        'group_deleted',
        'group_member_added',
        'group_member_removed',
        'course_updated',
        'course_deleted',
        'course_restored',
        'course_reset_ended',
        'course_module_updated',
        'course_module_deleted',
        'user_updated',
        'user_deleted',
    ];

    /** @var string[] Every event that can be told. */
    public const ALL = [
        ...self::FIRST,
        'grouping_created',
        'grouping_updated',
        'grouping_deleted',
        'grouping_group_assigned',
        'grouping_group_unassigned',
        'cohort_member_added',
        'cohort_member_removed',
        'course_created',
        'course_module_created',
        'course_module_completion_updated',
        'course_completed',
        'user_graded',
        'calendar_event_created',
        'calendar_event_updated',
        'calendar_event_deleted',
    ];

    /** @var string[] Told of external tools only: nothing else in a course is a place of Hearth. */
    private const PLACES = ['course_module_updated', 'course_module_deleted'];

    /** @var string[] Told wherever it happened: afterwards there is nothing left to look at. */
    private const GONE = ['course_deleted', 'user_deleted'];

    /**
     * The events that are told now.
     *
     * @return string[]
     */
    public static function made(): array {
        $chosen = get_config('local_hearth', 'events');
        return $chosen === false ? self::FIRST : array_values(array_intersect(self::ALL, explode(',', $chosen)));
    }

    /**
     * Tick what is worth telling, where nothing is ticked.
     */
    public static function begin(): void {
        if (!get_config('local_hearth', 'events')) {
            set_config('events', implode(',', self::FIRST), 'local_hearth');
        }
    }

    /**
     * Tick what tells of Hearth's places, which no version before 1.2 offered as worth telling.
     */
    public static function add_places(): void {
        $chosen = get_config('local_hearth', 'events');
        if ($chosen) {
            $all = array_unique([...explode(',', $chosen), ...self::PLACES]);
            set_config('events', implode(',', array_intersect(self::ALL, $all)), 'local_hearth');
        }
    }

    /**
     * Whether there is nothing that could ever be told.
     *
     * @return bool
     */
    public static function is_empty(): bool {
        return !self::made() || (pairing::tool() === null && !get_config('local_hearth', 'everywhere'));
    }

    /**
     * Whether an event concerns Hearth: it happened where the tool is used.
     *
     * @param \core\event\base $event
     * @return bool
     */
    public static function takes(\core\event\base $event): bool {
        $name = self::name($event);
        if (!in_array($name, self::made(), true)) {
            return false;
        }
        if (in_array($name, self::PLACES, true) && ($event->other['modulename'] ?? '') !== 'lti') {
            return false;
        }
        // Whose tool it was cannot be looked up any more.
        if ($name === 'course_module_deleted') {
            return true;
        }
        if (in_array($name, self::GONE, true) || get_config('local_hearth', 'everywhere')) {
            return true;
        }
        if ($name === 'user_updated') {
            return pairing::knows_person((int) ($event->relateduserid ?: $event->objectid));
        }
        if (str_starts_with($name, 'cohort_')) {
            return true;
        }
        return pairing::uses_tool((int) $event->courseid);
    }

    /**
     * An event's name without what is the same in all of them.
     *
     * @param \core\event\base $event
     * @return string
     */
    public static function name(\core\event\base $event): string {
        return substr(strrchr($event->eventname, '\\'), 1);
    }
}
