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

namespace local_hearth\external;

defined('MOODLE_INTERNAL') || die();

require_once($CFG->dirroot . '/group/lib.php');

use core_external\external_api;
use core_external\external_function_parameters;
use core_external\external_multiple_structure;
use core_external\external_single_structure;
use core_external\external_value;
use local_hearth\pairing;

/**
 * Tells the groups of a course and who is in them.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class get_groups extends external_api {
    /**
     * What it takes.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'clientid' => new external_value(PARAM_RAW_TRIMMED, 'The LTI client of the registration'),
            'courseid' => new external_value(PARAM_INT, 'The course'),
        ]);
    }

    /**
     * Tell.
     *
     * @param string $clientid
     * @param int $courseid
     * @return array
     */
    public static function execute(string $clientid, int $courseid): array {
        global $DB;
        $given = self::validate_parameters(self::execute_parameters(), ['clientid' => $clientid, 'courseid' => $courseid]);
        self::validate_context(\context_system::instance());
        pairing::require($given['clientid']);
        $id = $given['courseid'];
        if ($id == SITEID || !$DB->record_exists('course', ['id' => $id])) {
            throw new \moodle_exception('nocourse', 'local_hearth');
        }
        if (!pairing::uses_tool($id)) {
            throw new \moodle_exception('othertool', 'local_hearth');
        }
        $context = \context_course::instance($id);
        self::validate_context($context);
        require_capability('local/hearth:readgroups', $context);
        $members = $DB->get_records_sql(
            'SELECT gm.id, gm.groupid, gm.userid
               FROM {groups_members} gm
               JOIN {groups} g ON g.id = gm.groupid
              WHERE g.courseid = :courseid
           ORDER BY gm.groupid, gm.userid',
            ['courseid' => $id],
        );
        $within = $DB->get_records_sql(
            'SELECT gg.id, gg.groupid, gg.groupingid
               FROM {groupings_groups} gg
               JOIN {groups} g ON g.id = gg.groupid
              WHERE g.courseid = :courseid
           ORDER BY gg.groupid, gg.groupingid',
            ['courseid' => $id],
        );
        $groups = [];
        foreach ($DB->get_records('groups', ['courseid' => $id], 'id', 'id, name, idnumber') as $group) {
            $groups[$group->id] = [
                'id' => (int) $group->id,
                'name' => $group->name,
                'idnumber' => (string) $group->idnumber,
                'members' => [],
                'groupings' => [],
            ];
        }
        foreach ($members as $row) {
            $groups[$row->groupid]['members'][] = (int) $row->userid;
        }
        foreach ($within as $row) {
            $groups[$row->groupid]['groupings'][] = (int) $row->groupingid;
        }
        $groupings = $DB->get_records('groupings', ['courseid' => $id], 'id', 'id, name');
        return [
            'courseid' => $id,
            'groups' => array_values($groups),
            'groupings' => array_map(
                fn(\stdClass $each): array => ['id' => (int) $each->id, 'name' => $each->name],
                array_values($groupings),
            ),
        ];
    }

    /**
     * What it gives.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return new external_single_structure([
            'courseid' => new external_value(PARAM_INT, 'The course'),
            'groups' => new external_multiple_structure(new external_single_structure([
                'id' => new external_value(PARAM_INT, 'The group'),
                'name' => new external_value(PARAM_RAW, 'What it is called'),
                'idnumber' => new external_value(PARAM_RAW, 'What others call it'),
                'members' => new external_multiple_structure(new external_value(PARAM_INT, 'Somebody in it')),
                'groupings' => new external_multiple_structure(new external_value(PARAM_INT, 'A grouping that it is in')),
            ])),
            'groupings' => new external_multiple_structure(new external_single_structure([
                'id' => new external_value(PARAM_INT, 'The grouping'),
                'name' => new external_value(PARAM_RAW, 'What it is called'),
            ])),
        ]);
    }
}
