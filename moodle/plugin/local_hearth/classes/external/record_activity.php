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
use local_hearth\pairing;
use local_hearth\recorder;

/**
 * Writes what people did in Hearth into the log, completion and calendar.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class record_activity extends external_api {
    /** @var int How many acts one call may bring. */
    private const MOST = 100;

    /**
     * What it takes.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'clientid' => new external_value(PARAM_RAW_TRIMMED, 'The LTI client of the registration'),
            'acts' => new external_multiple_structure(new external_single_structure([
                'key' => new external_value(PARAM_RAW, 'The id of the act; one that is known is not done again'),
                'courseid' => new external_value(PARAM_INT, 'The course'),
                'resourcelinkid' => new external_value(PARAM_INT, 'The LTI resource link, 0 for the course', VALUE_DEFAULT, 0),
                'kind' => new external_value(PARAM_RAW, 'What was done, empty for nothing to log', VALUE_DEFAULT, ''),
                'userid' => new external_value(PARAM_INT, 'Who did it, 0 where nobody is to know', VALUE_DEFAULT, 0),
                'relateduserid' => new external_value(PARAM_INT, 'Whom it concerns, 0 for nobody', VALUE_DEFAULT, 0),
                'time' => new external_value(PARAM_INT, 'When it was done'),
                'anonymous' => new external_value(PARAM_BOOL, 'Whether reports leave it out', VALUE_DEFAULT, false),
                'objectid' => new external_value(PARAM_INT, 'The number of the thing in Hearth', VALUE_DEFAULT, 0),
                'completion' => new external_value(PARAM_RAW, 'complete, incomplete or empty', VALUE_DEFAULT, ''),
                'calendar' => new external_multiple_structure(new external_single_structure([
                    'ref' => new external_value(PARAM_RAW, 'The id of the entry'),
                    'name' => new external_value(PARAM_TEXT, 'What it says', VALUE_DEFAULT, ''),
                    'timestart' => new external_value(PARAM_INT, 'When it begins, 0 to take it back'),
                    'timeduration' => new external_value(PARAM_INT, 'How long it is', VALUE_DEFAULT, 0),
                    'userid' => new external_value(PARAM_INT, 'For whom, 0 for everybody', VALUE_DEFAULT, 0),
                    'groupid' => new external_value(PARAM_INT, 'For which group, 0 for none', VALUE_DEFAULT, 0),
                    'slot' => new external_value(PARAM_RAW, 'Which of the dates of the activity it is', VALUE_DEFAULT, ''),
                ]), 'Entries for the calendar', VALUE_DEFAULT, []),
            ]), 'The acts, in the order in which they are to be done'),
        ]);
    }

    /**
     * Do them.
     *
     * @param string $clientid
     * @param array $acts
     * @return array
     */
    public static function execute(string $clientid, array $acts): array {
        $given = self::validate_parameters(self::execute_parameters(), ['clientid' => $clientid, 'acts' => $acts]);
        self::validate_context(\context_system::instance());
        pairing::require($given['clientid']);
        if (count($given['acts']) > self::MOST) {
            throw new \moodle_exception('toomanyacts', 'local_hearth', '', self::MOST);
        }
        $recorder = new recorder(function (\context $context): void {
            self::validate_context($context);
            require_capability('local/hearth:recordactivity', $context);
        });
        return ['results' => array_map([$recorder, 'record'], $given['acts'])];
    }

    /**
     * What it gives.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return new external_single_structure([
            'results' => new external_multiple_structure(new external_single_structure([
                'key' => new external_value(PARAM_RAW, 'The id of the act'),
                'status' => new external_value(PARAM_ALPHA, 'done, known, refused or failed'),
                'reason' => new external_value(PARAM_RAW, 'Why not'),
                'completion' => new external_value(PARAM_ALPHA, 'set, same, off, older or empty'),
            ])),
        ]);
    }
}
