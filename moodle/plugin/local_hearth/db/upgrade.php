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
 * From older versions to this one.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

/**
 * Step by step.
 *
 * @param int $oldversion The version that is installed
 * @return bool
 */
function xmldb_local_hearth_upgrade($oldversion): bool {
    if ($oldversion < 2026112701) {
        // Where the page of new settings was left after installing, nothing was ticked, and nothing told.
        \local_hearth\choice::begin();
        upgrade_plugin_savepoint(true, 2026112701, 'local', 'hearth');
    }
    if ($oldversion < 2026112703) {
        \local_hearth\choice::add_places();
        upgrade_plugin_savepoint(true, 2026112703, 'local', 'hearth');
    }
    return true;
}
