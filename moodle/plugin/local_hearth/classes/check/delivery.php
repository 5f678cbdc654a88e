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

namespace local_hearth\check;

use core\check\check;
use core\check\result;
use local_hearth\endpoint;
use local_hearth\outbox;

/**
 * Among the site's own checks: whether Hearth hears of what happens.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class delivery extends check {
    /**
     * What it is called.
     *
     * @return string
     */
    public function get_name(): string {
        return get_string('check_delivery', 'local_hearth');
    }

    /**
     * Where to do something about it.
     *
     * @return \action_link|null
     */
    public function get_action_link(): ?\action_link {
        return new \action_link(
            new \moodle_url('/local/hearth/connection.php'),
            get_string('connection', 'local_hearth'),
        );
    }

    /**
     * How it is now.
     *
     * @return result
     */
    public function get_result(): result {
        $state = endpoint::state();
        $count = outbox::count();
        $levels = [
            'none' => result::NA,
            'moved' => result::ERROR,
            'stopped' => result::ERROR,
            'paused' => result::WARNING,
            'quiet' => result::WARNING,
            'sending' => $count->givenup ? result::WARNING : result::OK,
        ];
        return new result(
            $levels[$state],
            get_string('state_' . $state, 'local_hearth'),
            get_string('counts', 'local_hearth', $count),
        );
    }
}
