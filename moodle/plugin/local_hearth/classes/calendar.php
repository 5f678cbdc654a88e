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

defined('MOODLE_INTERNAL') || die();

require_once($CFG->dirroot . '/calendar/lib.php');

/**
 * Hearth's dates in Moodle's calendar.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class calendar {
    /** @var string What our entries at activities are called, or how their names begin. */
    private const TYPE = 'hearth';
    /** @var string Which of an activity's dates an entry is. With it a type fits into Moodle's column. */
    private const SLOT = '~^[a-z]{0,12}$~D';

    /**
     * Refuse an entry that makes no sense.
     *
     * @param array $entry
     * @param \stdClass $place
     * @throws refusal
     */
    public static function check(array $entry, \stdClass $place): void {
        global $DB;
        $isgood = preg_match(recorder::KEY, $entry['ref'])
            && $entry['timestart'] >= 0 && $entry['timeduration'] >= 0
            && ($entry['timestart'] == 0 || trim($entry['name']) !== '')
            && preg_match(self::SLOT, $entry['slot'])
            && !($entry['userid'] && $entry['groupid']);
        if (!$isgood) {
            throw new refusal('badcalendar');
        }
        if ($entry['groupid'] && !groups_group_exists($entry['groupid'])) {
            throw new refusal('badcalendar');
        }
        if ($entry['groupid'] && groups_get_group($entry['groupid'])->courseid != $place->course->id) {
            throw new refusal('badcalendar');
        }
        $known = $DB->get_record('local_hearth_calendar', ['ref' => $entry['ref']]);
        // Within its course an entry may move from one activity to another.
        if ($known && $known->courseid != $place->course->id && $DB->record_exists('course', ['id' => $known->courseid])) {
            throw new refusal('badcalendar');
        }
    }

    /**
     * Write an entry, or take it back, unless a younger act has said something else.
     *
     * @param array $entry
     * @param \stdClass $place
     * @param int $at When it was said
     */
    public static function write(array $entry, \stdClass $place, int $at): void {
        global $DB;
        $known = $DB->get_record('local_hearth_calendar', ['ref' => $entry['ref']]);
        if ($known && $known->timeacted > $at) {
            return;
        }
        if ($known && $known->cmid != ($place->cm->id ?? 0)) {
            self::take_back($known);
            $known->eventid = 0;
        }
        $eventid = $known && $known->eventid && $DB->record_exists('event', ['id' => $known->eventid]) ? $known->eventid : 0;
        if ($entry['timestart'] == 0) {
            if ($known) {
                self::take_back($known);
            }
            $eventid = 0;
        } else if ($eventid) {
            \calendar_event::load($eventid)->update(self::properties($entry, $place), false);
        } else {
            $eventid = \calendar_event::create(self::properties($entry, $place), false)->id;
        }
        $row = [
            'ref' => $entry['ref'],
            'courseid' => $place->course->id,
            'cmid' => $place->cm->id ?? 0,
            'userid' => $entry['userid'],
            'eventid' => $eventid,
            'timeacted' => $at,
        ];
        if ($known) {
            $DB->update_record('local_hearth_calendar', ['id' => $known->id] + $row);
        } else {
            $DB->insert_record('local_hearth_calendar', $row);
        }
    }

    /**
     * Remove entries at activities that came with copied content and are not ours to keep, and notes of entries that are gone.
     *
     * @param int $courseid 0 for all courses
     */
    public static function sweep(int $courseid = 0): void {
        global $DB;
        $where = $courseid ? ' AND e.courseid = :courseid' : '';
        $strays = $DB->get_fieldset_sql(
            "SELECT e.id
               FROM {event} e
          LEFT JOIN {local_hearth_calendar} c ON c.eventid = e.id
              WHERE e.modulename = 'lti' AND (e.eventtype = :type OR " . $DB->sql_like('e.eventtype', ':types') . ")
                    AND c.id IS NULL" . $where,
            ['type' => self::TYPE, 'types' => $DB->sql_like_escape(self::TYPE . '_') . '%']
                + ($courseid ? ['courseid' => $courseid] : []),
        );
        foreach ($strays as $id) {
            \calendar_event::load($id)->delete();
        }
        $DB->delete_records_select(
            'local_hearth_calendar',
            'courseid NOT IN (SELECT id FROM {course}) OR cmid <> 0 AND cmid NOT IN (SELECT id FROM {course_modules})',
        );
    }

    /**
     * Take an entry back.
     *
     * @param \stdClass $row A row of ours
     */
    public static function take_back(\stdClass $row): void {
        global $DB;
        if ($row->eventid && $DB->record_exists('event', ['id' => $row->eventid])) {
            \calendar_event::load($row->eventid)->delete();
        }
    }

    /**
     * An entry as Moodle keeps it: at the activity, so that it is as visible as that and goes with it.
     *
     * @param array $entry
     * @param \stdClass $place
     * @return \stdClass
     */
    private static function properties(array $entry, \stdClass $place): \stdClass {
        $type = $entry['userid'] ? 'user' : ($entry['groupid'] ? 'group' : 'course');
        $own = $entry['slot'] === '' ? self::TYPE : self::TYPE . '_' . $entry['slot'];
        $isinstead = $place->cm && $entry['slot'] !== '' && $entry['userid'];
        return (object) [
            'name' => \core_text::substr(trim($entry['name']), 0, 250),
            'description' => '',
            'format' => FORMAT_HTML,
            'courseid' => $entry['userid'] ? 0 : $place->course->id,
            'groupid' => $entry['groupid'],
            'userid' => $entry['userid'],
            'modulename' => $place->cm ? 'lti' : '',
            'instance' => $place->cm->instance ?? 0,
            'eventtype' => $place->cm ? $own : $type,
            // Of several at one activity that have the same type, Moodle shows somebody theirs.
            'priority' => $isinstead ? CALENDAR_EVENT_USER_OVERRIDE_PRIORITY : null,
            'timestart' => $entry['timestart'],
            'timeduration' => $entry['timeduration'],
            'visible' => $place->cm ? (int) $place->cm->visible : 1,
        ];
    }
}
