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
 * How the connection is doing, and what can be done about it.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use core\output\notification;
use local_hearth\courier;
use local_hearth\endpoint;
use local_hearth\outbox;
use local_hearth\pairing;
use local_hearth\way_back;

require_once(__DIR__ . '/../../config.php');
require_once($CFG->libdir . '/adminlib.php');

admin_externalpage_setup('local_hearth_connection');
require_capability('moodle/site:config', context_system::instance());

$page = new moodle_url('/local/hearth/connection.php');
$action = optional_param('action', '', PARAM_ALPHA);
$token = '';

if ($action !== '') {
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        redirect($page);
    }
    require_sesskey();
    switch ($action) {
        case 'test':
            if (!outbox::is_wanted()) {
                redirect($page, get_string('state_none', 'local_hearth'), null, notification::NOTIFY_WARNING);
            }
            $outcome = courier::test();
            redirect(
                $page,
                $outcome->describe(),
                null,
                $outcome->is_success() ? notification::NOTIFY_SUCCESS : notification::NOTIFY_ERROR,
            );
            // A redirect ends here.
        case 'again':
            outbox::send_again();
            redirect($page, get_string('again_done', 'local_hearth'), null, notification::NOTIFY_SUCCESS);
            // A redirect ends here.
        case 'stay':
            pairing::stay();
            outbox::ring();
            redirect($page, get_string('stay_done', 'local_hearth'), null, notification::NOTIFY_SUCCESS);
            // A redirect ends here.
        case 'part':
            pairing::part();
            redirect($page, get_string('part_done', 'local_hearth'), null, notification::NOTIFY_SUCCESS);
            // A redirect ends here.
        case 'open':
            // Shown on this one page, and nowhere else.
            $token = way_back::open();
            break;
        case 'close':
            way_back::close();
            redirect($page, get_string('close_done', 'local_hearth'), null, notification::NOTIFY_SUCCESS);
            // A redirect ends here.
        default:
            redirect($page);
    }
}

$button = function (string $action, bool $isprimary = false) use ($page): string {
    global $OUTPUT;
    return $OUTPUT->single_button(
        new moodle_url($page, ['action' => $action]),
        get_string('do_' . $action, 'local_hearth'),
        'post',
        ['type' => $isprimary ? single_button::BUTTON_PRIMARY : single_button::BUTTON_SECONDARY],
    );
};
$state = endpoint::state();
$count = outbox::count();
$tool = pairing::tool();

echo $OUTPUT->header();
echo $OUTPUT->heading(get_string('connection', 'local_hearth'));

echo $OUTPUT->heading(get_string('tohearth', 'local_hearth'), 3);
$tone = [
    'sending' => 'success',
    'paused' => 'warning',
    'quiet' => 'warning',
    'stopped' => 'error',
    'moved' => 'error',
    'none' => 'info',
][$state];
echo $OUTPUT->notification(get_string('state_' . $state, 'local_hearth'), $tone, false);
$facts = [];
if ($state !== 'none') {
    $endpoint = endpoint::current();
    $facts[get_string('url', 'local_hearth')] = s($endpoint->url);
    $facts[get_string('lastsuccess', 'local_hearth')] = $endpoint->lastsuccess
        ? userdate($endpoint->lastsuccess)
        : get_string('never');
    if ($state === 'paused') {
        $facts[get_string('lasterror', 'local_hearth')] = s((string) $endpoint->lasterror);
        $facts[get_string('pauseduntil', 'local_hearth')] = userdate($endpoint->pauseduntil);
    }
}
$facts[get_string('waiting', 'local_hearth')] = $count->waiting;
$facts[get_string('givenup', 'local_hearth')] = $count->givenup;
$facts[get_string('siteid', 'local_hearth')] = html_writer::tag('code', s(pairing::siteid()));
$facts[get_string('clientid', 'local_hearth')] = $tool
    ? s($tool->name) . ' ' . html_writer::tag('code', s($tool->clientid))
    : get_string('clientid_none', 'local_hearth');
$table = new html_table();
$table->attributes['class'] = 'generaltable w-auto';
foreach ($facts as $name => $value) {
    $head = new html_table_cell($name);
    $head->header = true;
    $head->scope = 'row';
    $cell = new html_table_cell((string) $value);
    $cell->attributes['class'] = 'text-break';
    $table->data[] = new html_table_row([$head, $cell]);
}
echo html_writer::table($table);
if ($state === 'moved') {
    echo $button('stay', true) . $button('part');
} else if ($state !== 'none') {
    echo $button('test', true);
    if ($count->givenup || $state === 'paused' || $state === 'stopped') {
        echo $button('again');
    }
}
echo html_writer::tag('p', html_writer::link(
    new moodle_url('/admin/settings.php', ['section' => 'local_hearth']),
    get_string('tosettings', 'local_hearth'),
), ['class' => 'mt-3']);

echo $OUTPUT->heading(get_string('fromhearth', 'local_hearth'), 3, 'mt-4');
if ($token !== '') {
    echo $OUTPUT->notification(get_string('token_once', 'local_hearth'), 'success', false);
    echo html_writer::tag('p', html_writer::tag('code', s($token), ['class' => 'h4', 'id' => 'local_hearth_token']));
} else if (way_back::is_open()) {
    echo html_writer::tag('p', get_string('way_open', 'local_hearth'));
    echo $button('open') . $button('close');
} else {
    echo html_writer::tag('p', get_string('way_closed', 'local_hearth'));
    echo $button('open');
}
echo $OUTPUT->footer();
