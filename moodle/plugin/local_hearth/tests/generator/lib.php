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

/**
 * What tests of Hearth's plugin make.
 *
 * @package    local_hearth
 * @category   test
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

/**
 * Makes what tests of Hearth's plugin need.
 *
 * @package    local_hearth
 * @category   test
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class local_hearth_generator extends component_generator_base {
    /** @var string A secret as Hearth gives it. */
    public const SECRET = 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=';

    /**
     * An external tool of the whole site.
     *
     * @param string $clientid
     * @return int Its id
     */
    public function create_tool(string $clientid = 'client-of-hearth'): int {
        global $DB;
        return (int) $DB->insert_record('lti_types', [
            'name' => "Tool $clientid",
            'baseurl' => 'https://hearth.example/lti/launch',
            'tooldomain' => 'hearth.example',
            'state' => 1,
            'course' => SITEID,
            'coursevisible' => 2,
            'ltiversion' => '1.3.0',
            'clientid' => $clientid,
            'createdby' => 2,
            'timecreated' => time(),
            'timemodified' => time(),
        ]);
    }

    /**
     * The plugin as it is once an administrator has set it up.
     *
     * @return int The id of the chosen tool
     */
    public function set_up_connection(): int {
        $typeid = $this->create_tool();
        set_config('clientid', 'client-of-hearth', 'local_hearth');
        set_config('url', 'https://hearth.example/webhooks/x', 'local_hearth');
        set_config('secret', self::SECRET, 'local_hearth');
        return $typeid;
    }

    /**
     * An activity of a tool.
     *
     * @param stdClass $course
     * @param int $typeid
     * @param array $more Fields of the module
     * @return stdClass
     */
    public function create_activity(stdClass $course, int $typeid, array $more = []): stdClass {
        return $this->datagenerator->create_module('lti', ['course' => $course->id, 'typeid' => $typeid] + $more);
    }
}
