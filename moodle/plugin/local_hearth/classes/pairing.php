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
 * Which site this is, and which external tool is Hearth here.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class pairing {
    /**
     * The id that this Moodle made for itself.
     *
     * @return string
     */
    public static function siteid(): string {
        global $CFG;
        $siteid = get_config('local_hearth', 'siteid');
        if (!$siteid) {
            $siteid = 'hs_' . random_string(32);
            set_config('siteid', $siteid, 'local_hearth');
            set_config('home', $CFG->wwwroot, 'local_hearth');
        }
        return $siteid;
    }

    /**
     * Whether this is a copy of the site, or the site has moved: an administrator must say which before anything is sent.
     *
     * @return bool
     */
    public static function has_moved(): bool {
        global $CFG;
        self::siteid();
        return get_config('local_hearth', 'home') !== $CFG->wwwroot;
    }

    /**
     * It is the same site, at another address.
     */
    public static function stay(): void {
        global $CFG;
        set_config('home', $CFG->wwwroot, 'local_hearth');
    }

    /**
     * It is another site: it gets an id of its own, and nothing of the other one is sent from here.
     */
    public static function part(): void {
        global $DB;
        foreach (['siteid', 'url', 'secret'] as $name) {
            unset_config($name, 'local_hearth');
        }
        $DB->delete_records('local_hearth_outbox');
        self::siteid();
    }

    /**
     * The chosen tool, or null when there is none.
     *
     * @return \stdClass|null id, name, clientid
     */
    public static function tool(): ?\stdClass {
        global $DB;
        $clientid = self::clientid();
        if ($clientid === '') {
            return null;
        }
        return $DB->get_record('lti_types', ['clientid' => $clientid], 'id, name, clientid') ?: null;
    }

    /**
     * The chosen tool's client id; empty when none is chosen.
     *
     * @return string
     */
    public static function clientid(): string {
        return (string) get_config('local_hearth', 'clientid');
    }

    /**
     * The tools to choose from: those of the whole site that speak LTI 1.3.
     *
     * @return string[] names by client id
     */
    public static function offered(): array {
        global $DB;
        return $DB->get_records_select_menu(
            'lti_types',
            "ltiversion = :version AND course = :site AND clientid <> ''",
            ['version' => '1.3.0', 'site' => SITEID],
            'name, id',
            'clientid, name',
        );
    }

    /**
     * Whether a course has an activity of the chosen tool.
     *
     * @param int $courseid
     * @return bool
     */
    public static function uses_tool(int $courseid): bool {
        global $DB;
        if ($courseid <= 0 || $courseid == SITEID || self::clientid() === '') {
            return false;
        }
        $cache = \cache::make('local_hearth', 'courses');
        $key = $courseid . '_' . md5(self::clientid());
        if ($cache->get($key)) {
            return true;
        }
        $found = $DB->record_exists_sql(
            'SELECT 1 FROM {lti} l JOIN {lti_types} t ON t.id = l.typeid WHERE l.course = :course AND t.clientid = :clientid',
            ['course' => $courseid, 'clientid' => self::clientid()],
        );
        if ($found) {
            // Only a yes is remembered: a no may become a yes with the next activity.
            $cache->set($key, 1);
        }
        return $found;
    }

    /**
     * Whether somebody is enrolled in a course that has an activity of the chosen tool.
     *
     * @param int $userid
     * @return bool
     */
    public static function knows_person(int $userid): bool {
        global $DB;
        return self::clientid() !== '' && $DB->record_exists_sql(
            'SELECT 1
               FROM {user_enrolments} ue
               JOIN {enrol} e ON e.id = ue.enrolid
               JOIN {lti} l ON l.course = e.courseid
               JOIN {lti_types} t ON t.id = l.typeid
              WHERE ue.userid = :userid AND t.clientid = :clientid',
            ['userid' => $userid, 'clientid' => self::clientid()],
        );
    }

    /**
     * Refuse a caller that means another tool than the chosen one.
     *
     * @param string $clientid
     * @throws \moodle_exception notpaired
     */
    public static function require(string $clientid): void {
        if ($clientid === '' || $clientid !== self::clientid() || self::tool() === null) {
            throw new \moodle_exception('notpaired', 'local_hearth');
        }
    }
}
