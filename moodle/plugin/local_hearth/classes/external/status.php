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

use core_external\external_api;
use core_external\external_function_parameters;
use core_external\external_multiple_structure;
use core_external\external_single_structure;
use core_external\external_value;
use local_hearth\choice;
use local_hearth\endpoint;
use local_hearth\outbox;
use local_hearth\pairing;

/**
 * Tells who this Moodle is and how the connection is doing.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class status extends external_api {
    /**
     * It takes nothing.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([]);
    }

    /**
     * Tell.
     *
     * @return array
     */
    public static function execute(): array {
        global $CFG;
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/hearth:readstatus', $context);
        $tool = pairing::tool();
        $plugin = \core_plugin_manager::instance()->get_plugin_info('local_hearth');
        $endpoint = outbox::is_wanted() ? endpoint::current() : null;
        $count = outbox::count();
        return [
            'siteid' => pairing::siteid(),
            'wwwroot' => $CFG->wwwroot,
            'clientid' => $tool->clientid ?? '',
            'deploymentid' => $tool ? (string) $tool->id : '',
            'toolname' => $tool->name ?? '',
            'moodlerelease' => $CFG->release,
            'pluginrelease' => (string) $plugin->release,
            'pluginversion' => (int) $plugin->versiondb,
            'names' => (bool) get_config('local_hearth', 'names'),
            'everywhere' => (bool) get_config('local_hearth', 'everywhere'),
            'events' => choice::made(),
            'receiver' => [
                'url' => $endpoint->url ?? '',
                'state' => endpoint::state(),
                'waiting' => $count->waiting,
                'givenup' => $count->givenup,
                'oldestwaiting' => $count->oldestwaiting,
                'lastsuccess' => (int) ($endpoint->lastsuccess ?? 0),
                'lastcode' => (int) ($endpoint->lastcode ?? 0),
                'lasterror' => (string) ($endpoint->lasterror ?? ''),
            ],
            'time' => outbox::now(),
        ];
    }

    /**
     * What it gives.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return new external_single_structure([
            'siteid' => new external_value(PARAM_ALPHANUMEXT, 'The id that this Moodle made for itself'),
            'wwwroot' => new external_value(PARAM_URL, 'The address of the site'),
            'clientid' => new external_value(PARAM_RAW, 'The LTI client that is Hearth here, empty when none is chosen'),
            'deploymentid' => new external_value(PARAM_RAW, 'Its deployment'),
            'toolname' => new external_value(PARAM_RAW, 'What the tool is called here'),
            'moodlerelease' => new external_value(PARAM_RAW, 'The release of Moodle'),
            'pluginrelease' => new external_value(PARAM_RAW, 'The release of this plugin'),
            'pluginversion' => new external_value(PARAM_INT, 'The version of this plugin'),
            'names' => new external_value(PARAM_BOOL, 'Whether names of people are told'),
            'everywhere' => new external_value(PARAM_BOOL, 'Whether courses without the tool are told of too'),
            'events' => new external_multiple_structure(new external_value(PARAM_ALPHANUMEXT, 'An event that is told')),
            'receiver' => new external_single_structure([
                'url' => new external_value(PARAM_RAW, 'Where events are sent to'),
                'state' => new external_value(PARAM_ALPHA, 'none, moved, sending, paused or stopped'),
                'waiting' => new external_value(PARAM_INT, 'How many events wait'),
                'givenup' => new external_value(PARAM_INT, 'How many events were given up'),
                'oldestwaiting' => new external_value(PARAM_INT, 'Since when the oldest waits, 0 when none does'),
                'lastsuccess' => new external_value(PARAM_INT, 'When one arrived for the last time, 0 for never'),
                'lastcode' => new external_value(PARAM_INT, 'The last HTTP status, 0 for no answer'),
                'lasterror' => new external_value(PARAM_RAW, 'Why the last one did not arrive'),
            ]),
            'time' => new external_value(PARAM_INT, 'The time here'),
        ]);
    }
}
