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
 * Hears what happens in Moodle.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class observer {
    /** @var bool Whether what happens now is Hearth's own doing. */
    private static bool $isdeaf = false;

    /**
     * One event: written down for Hearth if it concerns it.
     *
     * @param \core\event\base $event
     */
    public static function heard(\core\event\base $event): void {
        if ($event->eventname === '\\core\\event\\course_restored') {
            // Entries that came along with the content belong to the course it came from.
            calendar::sweep((int) $event->courseid);
        }
        if (!self::$isdeaf && outbox::is_wanted() && choice::takes($event)) {
            $eventid = \core\uuid::generate();
            outbox::keep(
                $eventid,
                choice::name($event),
                payload::of($event, $eventid),
                (int) $event->userid,
                (int) $event->relateduserid,
            );
        }
    }

    /**
     * Do something that Hearth asked for, and need not be told of.
     *
     * @param callable $work
     * @return mixed What it gives
     */
    public static function without_listening(callable $work): mixed {
        $before = self::$isdeaf;
        self::$isdeaf = true;
        try {
            return $work();
        } finally {
            self::$isdeaf = $before;
        }
    }
}
