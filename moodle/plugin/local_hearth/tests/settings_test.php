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

namespace local_hearth;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->libdir . '/adminlib.php');

/**
 * The settings take what works, and say what is wrong with the rest.
 *
 * @package    local_hearth
 * @category   test
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers     \local_hearth\admin\address
 * @covers     \local_hearth\admin\secret
 * @covers     \local_hearth\check\delivery
 * @covers     \local_hearth\choice
 */
final class settings_test extends \advanced_testcase {
    public function test_only_addresses_that_can_be_sent_to_are_taken(): void {
        $this->resetAfterTest();
        $setting = new admin\address('local_hearth/url', '', '', '', PARAM_RAW_TRIMMED);
        $this->assertSame('', $setting->write_setting("  https://hearth.example/webhooks/x\n"));
        $this->assertSame('https://hearth.example/webhooks/x', get_config('local_hearth', 'url'));
        $this->assertSame('', $setting->write_setting(''));
        foreach (['hearth.example', 'ftp://hearth.example/', 'javascript:alert(1)', 'https://a:b@hearth.example/'] as $bad) {
            $this->assertSame(get_string('notaddress', 'local_hearth'), $setting->write_setting($bad), $bad);
        }
        $this->assertSame(get_string('notsafe', 'local_hearth'), $setting->write_setting('http://hearth.example/'));
    }

    public function test_only_whole_secrets_are_taken(): void {
        $this->resetAfterTest();
        $setting = new admin\secret('local_hearth/secret', '', '', '');
        $this->assertSame('', $setting->write_setting(' ' . \local_hearth_generator::SECRET));
        $this->assertSame(\local_hearth_generator::SECRET, get_config('local_hearth', 'secret'));
        foreach (['whsec_', 'whsec_c2hvcnQ=', 'whsec_not base64 at all, but long enough to be one'] as $bad) {
            $this->assertSame(get_string('notsecret', 'local_hearth'), $setting->write_setting($bad), $bad);
        }
        $this->assertSame('', $setting->write_setting(''));
    }

    public function test_the_site_checks_tell_when_hearth_is_gone(): void {
        $this->resetAfterTest();
        $check = new check\delivery();
        $this->assertSame(\core\check\result::NA, $check->get_result()->get_status());
        $this->getDataGenerator()->get_plugin_generator('local_hearth')->set_up_connection();
        $this->assertSame(\core\check\result::OK, $check->get_result()->get_status());
        endpoint::gone(endpoint::current(), new outcome(410));
        $this->assertSame(\core\check\result::ERROR, $check->get_result()->get_status());
    }

    public function test_it_is_said_when_nothing_could_ever_be_told(): void {
        $this->resetAfterTest();
        $this->getDataGenerator()->get_plugin_generator('local_hearth')->set_up_connection();
        $check = new check\delivery();
        $this->assertSame('sending', endpoint::state());
        set_config('clientid', '', 'local_hearth');
        $this->assertSame('quiet', endpoint::state());
        set_config('everywhere', 1, 'local_hearth');
        $this->assertSame('sending', endpoint::state());
        set_config('events', '', 'local_hearth');
        $this->assertSame('quiet', endpoint::state());
        $this->assertSame(\core\check\result::WARNING, $check->get_result()->get_status());
    }

    public function test_what_is_worth_telling_is_ticked_from_the_beginning_and_again_where_nothing_was(): void {
        $this->resetAfterTest();
        $this->assertSame(implode(',', choice::FIRST), get_config('local_hearth', 'events'), 'as it was installed here');
        set_config('events', '', 'local_hearth');
        choice::begin();
        $this->assertSame(choice::FIRST, choice::made());
        set_config('events', 'group_created', 'local_hearth');
        choice::begin();
        $this->assertSame(['group_created'], choice::made(), 'what somebody chose stays');
    }

    public function test_every_string_and_every_answer_has_words(): void {
        foreach ([0, 202, 302, 401, 404, 410, 500] as $code) {
            $this->assertStringNotContainsString('[[', (new outcome($code, 'x'))->describe());
        }
        foreach (['none', 'moved', 'stopped', 'paused', 'quiet', 'sending'] as $state) {
            $this->assertTrue(get_string_manager()->string_exists('state_' . $state, 'local_hearth'));
        }
    }

    protected function setUp(): void {
        parent::setUp();
        $this->getDataGenerator()->get_plugin_generator('local_hearth');
    }
}
