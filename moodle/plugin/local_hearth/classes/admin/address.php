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

namespace local_hearth\admin;

/**
 * The setting for the address that events go to.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class address extends \admin_setting_configtext {
    /**
     * Take nothing but an address, and a safe one where the site itself is safe.
     *
     * @param string $data
     * @return true|string
     */
    public function validate($data) {
        global $CFG;
        $url = trim($data);
        if ($url === '') {
            return true;
        }
        $parts = parse_url($url);
        $scheme = $parts['scheme'] ?? '';
        if (empty($parts['host']) || !in_array($scheme, ['http', 'https'], true) || isset($parts['user'])) {
            return get_string('notaddress', 'local_hearth');
        }
        if ($scheme === 'http' && str_starts_with($CFG->wwwroot, 'https:')) {
            return get_string('notsafe', 'local_hearth');
        }
        return true;
    }

    /**
     * Spaces around it come from copying.
     *
     * @param string $data
     * @return string
     */
    public function write_setting($data) {
        return parent::write_setting(trim((string) $data));
    }
}
