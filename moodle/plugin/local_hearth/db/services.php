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
 * What Hearth may call.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$functions = [
    'local_hearth_status' => [
        'classname' => 'local_hearth\external\status',
        'description' => 'Tells who this Moodle is and how the connection to Hearth is doing.',
        'type' => 'read',
        'capabilities' => 'local/hearth:readstatus',
    ],
    'local_hearth_record_activity' => [
        'classname' => 'local_hearth\external\record_activity',
        'description' => 'Writes what people did in Hearth into the log, completion and calendar.',
        'type' => 'write',
        'capabilities' => 'local/hearth:recordactivity',
    ],
    'local_hearth_get_groups' => [
        'classname' => 'local_hearth\external\get_groups',
        'description' => 'Tells the groups of a course and who is in them.',
        'type' => 'read',
        'capabilities' => 'local/hearth:readgroups',
    ],
];

$services = [
    'Hearth' => [
        'shortname' => 'local_hearth',
        'functions' => array_keys($functions),
        'restrictedusers' => 1,
        'enabled' => 1,
    ],
];
