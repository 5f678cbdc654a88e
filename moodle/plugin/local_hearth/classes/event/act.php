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

namespace local_hearth\event;

/**
 * Something that somebody did in Hearth.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 *
 * @property-read array $other {
 *      - string kind: what was done, in Hearth's words.
 *      - int number: Hearth's number of the thing, 0 for none.
 *      - int timeacted: when it was done.
 * }
 */
abstract class act extends \core\event\base {
    /**
     * What all of them have in common.
     */
    protected function init() {
        $this->data['crud'] = 'c';
        $this->data['edulevel'] = self::LEVEL_PARTICIPATING;
    }

    /**
     * What it is called.
     *
     * @return string
     */
    public static function get_name() {
        return get_string('event_' . substr(strrchr(static::class, '\\'), 1), 'local_hearth');
    }

    /**
     * What happened.
     *
     * @return string
     */
    public function get_description() {
        $who = $this->userid ? "The user with id '{$this->userid}'" : 'Somebody';
        $whom = $this->relateduserid ? " for the user with id '{$this->relateduserid}'" : '';
        $where = $this->contextlevel == CONTEXT_MODULE
            ? "the activity with course module id '{$this->contextinstanceid}'"
            : "the course with id '{$this->courseid}'";
        return "$who did '{$this->other['kind']}'$whom in Hearth, in $where.";
    }

    /**
     * Where it happened.
     *
     * @return \moodle_url
     */
    public function get_url() {
        return $this->contextlevel == CONTEXT_MODULE
            ? new \moodle_url('/mod/lti/view.php', ['id' => $this->contextinstanceid])
            : new \moodle_url('/course/view.php', ['id' => $this->courseid]);
    }

    /**
     * Refuse an event without its facts.
     */
    protected function validate_data() {
        parent::validate_data();
        foreach (['kind', 'number', 'timeacted'] as $needed) {
            if (!isset($this->other[$needed])) {
                throw new \coding_exception("The '$needed' value must be set in other.");
            }
        }
    }

    /**
     * Hearth's numbers mean nothing on another site.
     *
     * @return bool
     */
    public static function get_other_mapping() {
        return false;
    }
}
