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
 * The settings, among those of local plugins.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

if ($hassiteconfig) {
    $ADMIN->add('localplugins', new admin_category('local_hearth_pages', new lang_string('pluginname', 'local_hearth')));
    $settings = new admin_settingpage('local_hearth', new lang_string('settings', 'local_hearth'));
    $ADMIN->add('local_hearth_pages', $settings);
    $ADMIN->add('local_hearth_pages', new admin_externalpage(
        'local_hearth_connection',
        new lang_string('connection', 'local_hearth'),
        new moodle_url('/local/hearth/connection.php'),
    ));

    if ($ADMIN->fulltree) {
        $link = html_writer::link(
            new moodle_url('/local/hearth/connection.php'),
            get_string('connection_link', 'local_hearth'),
            ['class' => 'btn btn-secondary'],
        );
        $settings->add(new admin_setting_heading(
            'local_hearth/intro',
            '',
            html_writer::tag('p', get_string('intro', 'local_hearth')) . html_writer::tag('p', $link),
        ));
        $settings->add(new admin_setting_configselect(
            'local_hearth/clientid',
            new lang_string('clientid', 'local_hearth'),
            new lang_string('clientid_desc', 'local_hearth'),
            '',
            fn(): array => ['' => get_string('clientid_none', 'local_hearth')] + \local_hearth\pairing::offered(),
        ));
        $settings->add(new \local_hearth\admin\address(
            'local_hearth/url',
            new lang_string('url', 'local_hearth'),
            new lang_string('url_desc', 'local_hearth'),
            '',
            PARAM_RAW_TRIMMED,
            60,
        ));
        $settings->add(new \local_hearth\admin\secret(
            'local_hearth/secret',
            new lang_string('secret', 'local_hearth'),
            new lang_string('secret_desc', 'local_hearth'),
            '',
        ));
        $events = [];
        foreach (\local_hearth\choice::ALL as $name) {
            $class = '\\core\\event\\' . $name;
            $events[$name] = $class::get_name();
        }
        $settings->add(new admin_setting_configmulticheckbox(
            'local_hearth/events',
            new lang_string('events', 'local_hearth'),
            new lang_string('events_desc', 'local_hearth'),
            array_fill_keys(\local_hearth\choice::FIRST, 1),
            $events,
        ));
        $settings->add(new admin_setting_configcheckbox(
            'local_hearth/names',
            new lang_string('names', 'local_hearth'),
            new lang_string('names_desc', 'local_hearth'),
            0,
        ));
        $settings->add(new admin_setting_configcheckbox(
            'local_hearth/everywhere',
            new lang_string('everywhere', 'local_hearth'),
            new lang_string('everywhere_desc', 'local_hearth'),
            0,
        ));
    }
    $settings = null;
}
