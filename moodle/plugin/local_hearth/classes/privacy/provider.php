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

namespace local_hearth\privacy;

use core_privacy\local\metadata\collection;
use core_privacy\local\request\approved_contextlist;
use core_privacy\local\request\approved_userlist;
use core_privacy\local\request\contextlist;
use core_privacy\local\request\transform;
use core_privacy\local\request\userlist;
use core_privacy\local\request\writer;
use local_hearth\calendar;

/**
 * What is kept of people here, what is told to Hearth, and how it is given out and forgotten.
 *
 * What waits to be told, or was told, is kept for the site as a whole; what was done in Hearth belongs
 * to its activity or course.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class provider implements
    \core_privacy\local\metadata\provider,
    \core_privacy\local\request\core_userlist_provider,
    \core_privacy\local\request\plugin\provider {
    /** @var string[] Where the number of a person stands, by table. */
    private const PEOPLE = [
        'local_hearth_outbox' => ['userid', 'relateduserid'],
        'local_hearth_act' => ['userid', 'relateduserid'],
        'local_hearth_calendar' => ['userid'],
    ];

    /** @var string[] The tables whose rows belong to a course or an activity. */
    private const PLACED = ['local_hearth_act', 'local_hearth_calendar'];

    /**
     * What there is.
     *
     * @param collection $collection
     * @return collection
     */
    public static function get_metadata(collection $collection): collection {
        $fields = [
            'outbox' => ['userid', 'relateduserid', 'eventname', 'payload', 'timecreated'],
            'act' => ['userid', 'relateduserid', 'kind', 'completion', 'timeacted'],
            'calendar' => ['userid', 'ref', 'timeacted'],
        ];
        foreach ($fields as $table => $names) {
            $said = [];
            foreach ($names as $name) {
                $said[$name] = "privacy:metadata:$table:$name";
            }
            $collection->add_database_table("local_hearth_$table", $said, "privacy:metadata:$table");
        }
        $collection->add_external_location_link('hearth', [
            'userid' => 'privacy:metadata:hearth:userid',
            'courseid' => 'privacy:metadata:hearth:courseid',
            'event' => 'privacy:metadata:hearth:event',
            'fullname' => 'privacy:metadata:hearth:fullname',
        ], 'privacy:metadata:hearth');
        return $collection;
    }

    /**
     * Where there is something of somebody.
     *
     * @param int $userid
     * @return contextlist
     */
    public static function get_contexts_for_userid(int $userid): contextlist {
        $list = new contextlist();
        $list->add_from_sql(
            'SELECT ctx.id
               FROM {context} ctx
              WHERE ctx.contextlevel = :system AND EXISTS (
                    SELECT 1 FROM {local_hearth_outbox} o WHERE o.userid = :userid OR o.relateduserid = :related)',
            ['system' => CONTEXT_SYSTEM, 'userid' => $userid, 'related' => $userid],
        );
        foreach (self::PLACED as $table) {
            [$who, $params] = self::who($table, [$userid]);
            $list->add_from_sql(
                "SELECT ctx.id
                   FROM {" . $table . "} t
                   JOIN {context} ctx ON ctx.contextlevel = :module AND ctx.instanceid = t.cmid
                  WHERE t.cmid <> 0 AND $who",
                ['module' => CONTEXT_MODULE] + $params,
            );
            $list->add_from_sql(
                "SELECT ctx.id
                   FROM {" . $table . "} t
                   JOIN {context} ctx ON ctx.contextlevel = :course AND ctx.instanceid = t.courseid
                  WHERE t.cmid = 0 AND $who",
                ['course' => CONTEXT_COURSE] + $params,
            );
        }
        return $list;
    }

    /**
     * Of whom there is something at a place.
     *
     * @param userlist $userlist
     */
    public static function get_users_in_context(userlist $userlist): void {
        foreach (self::PEOPLE as $table => $columns) {
            [$where, $params] = self::where($table, $userlist->get_context());
            if ($where === '') {
                continue;
            }
            foreach ($columns as $column) {
                $userlist->add_from_sql($column, "SELECT $column FROM {" . $table . "} t WHERE $where AND $column <> 0", $params);
            }
        }
    }

    /**
     * Give out what there is of somebody.
     *
     * @param approved_contextlist $contextlist
     */
    public static function export_user_data(approved_contextlist $contextlist): void {
        global $DB;
        $shown = [
            'local_hearth_outbox' => ['told', ['eventname', 'payload', 'timecreated']],
            'local_hearth_act' => ['acts', ['kind', 'completion', 'timeacted']],
            'local_hearth_calendar' => ['calendar', ['ref', 'timeacted']],
        ];
        $userid = (int) $contextlist->get_user()->id;
        foreach ($contextlist->get_contexts() as $context) {
            foreach ($shown as $table => [$path, $fields]) {
                [$where, $params] = self::where($table, $context);
                if ($where === '') {
                    continue;
                }
                [$who, $whoparams] = self::who($table, [$userid]);
                $rows = $DB->get_records_sql(
                    "SELECT * FROM {" . $table . "} t WHERE $where AND $who ORDER BY id",
                    $params + $whoparams,
                );
                $told = [];
                foreach ($rows as $row) {
                    $one = [];
                    foreach ($fields as $field) {
                        $one[$field] = str_starts_with($field, 'time') ? transform::datetime($row->$field) : $row->$field;
                    }
                    if (isset($row->relateduserid)) {
                        $one['your_part'] = $row->userid == $userid ? 'userid' : 'relateduserid';
                    }
                    $told[] = (object) $one;
                }
                if ($told) {
                    writer::with_context($context)->export_data(
                        [get_string('pluginname', 'local_hearth'), get_string('privacy:path:' . $path, 'local_hearth')],
                        (object) ['entries' => $told],
                    );
                }
            }
        }
    }

    /**
     * Forget everybody at a place.
     *
     * @param \context $context
     */
    public static function delete_data_for_all_users_in_context(\context $context): void {
        self::forget($context, null);
    }

    /**
     * Forget somebody at some places.
     *
     * @param approved_contextlist $contextlist
     */
    public static function delete_data_for_user(approved_contextlist $contextlist): void {
        foreach ($contextlist->get_contexts() as $context) {
            self::forget($context, [(int) $contextlist->get_user()->id]);
        }
    }

    /**
     * Forget some people at a place.
     *
     * @param approved_userlist $userlist
     */
    public static function delete_data_for_users(approved_userlist $userlist): void {
        self::forget($userlist->get_context(), array_map('intval', $userlist->get_userids()));
    }

    /**
     * Forget people at a place.
     *
     * @param \context $context
     * @param int[]|null $userids null for everybody
     */
    private static function forget(\context $context, ?array $userids): void {
        global $DB;
        if ($userids === []) {
            return;
        }
        foreach (self::PEOPLE as $table => $columns) {
            [$where, $params] = self::where($table, $context);
            if ($where === '') {
                continue;
            }
            if ($table === 'local_hearth_act') {
                // That an act was done must be known still, or it is done once more; who did it need not.
                foreach ($columns as $column) {
                    [$who, $whoparams] = self::who($table, $userids, [$column]);
                    $DB->execute(
                        "UPDATE {" . $table . "} SET $column = 0 WHERE id IN (
                            SELECT id FROM (SELECT t.id FROM {" . $table . "} t WHERE $where AND $who) x)",
                        $params + $whoparams,
                    );
                }
                continue;
            }
            [$who, $whoparams] = self::who($table, $userids);
            $rows = $DB->get_records_sql("SELECT t.* FROM {" . $table . "} t WHERE $where AND $who", $params + $whoparams);
            if ($table === 'local_hearth_calendar') {
                array_map(calendar::take_back(...), $rows);
            }
            $DB->delete_records_list($table, 'id', array_keys($rows));
        }
    }

    /**
     * The rows of a place.
     *
     * @param string $table
     * @param \context $context
     * @return array SQL for the table called t, and its parameters; "" where the table has nothing at such places
     */
    private static function where(string $table, \context $context): array {
        if (!in_array($table, self::PLACED, true)) {
            return $context->contextlevel == CONTEXT_SYSTEM ? ['1 = 1', []] : ['', []];
        }
        return match ((int) $context->contextlevel) {
            CONTEXT_MODULE => ['t.cmid = :place', ['place' => $context->instanceid]],
            CONTEXT_COURSE => ['t.cmid = 0 AND t.courseid = :place', ['place' => $context->instanceid]],
            default => ['', []],
        };
    }

    /**
     * The rows of some people.
     *
     * @param string $table
     * @param int[]|null $userids null for everybody
     * @param string[]|null $columns Where to look; null for wherever a person can stand
     * @return array SQL for the table called t, and its parameters
     */
    private static function who(string $table, ?array $userids, ?array $columns = null): array {
        global $DB;
        $found = [];
        $params = [];
        foreach ($columns ?? self::PEOPLE[$table] as $column) {
            if ($userids === null) {
                $found[] = "t.$column <> 0";
                continue;
            }
            [$in, $more] = $DB->get_in_or_equal($userids, SQL_PARAMS_NAMED, 'who' . $column);
            $found[] = "t.$column $in";
            $params += $more;
        }
        return ['(' . implode(' OR ', $found) . ')', $params];
    }
}
