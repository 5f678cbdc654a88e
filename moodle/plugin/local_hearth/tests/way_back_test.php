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

/**
 * The way back is opened with no more than is needed, and closed without a trace.
 *
 * @package    local_hearth
 * @category   test
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers     \local_hearth\way_back
 */
final class way_back_test extends \advanced_testcase {
    public function test_a_token_is_made_for_a_user_who_may_only_this(): void {
        global $CFG, $DB;
        $this->resetAfterTest();
        $this->setAdminUser();
        $this->assertFalse(way_back::is_open());
        $token = way_back::open();
        $this->assertTrue(way_back::is_open());
        $this->assertEquals(1, get_config('core', 'enablewebservices'));
        $this->assertContains('rest', explode(',', $CFG->webserviceprotocols));
        $kept = $DB->get_record('external_tokens', ['token' => $token], '*', MUST_EXIST);
        $service = $DB->get_record('external_services', ['id' => $kept->externalserviceid]);
        $this->assertSame(['local_hearth', '1'], [$service->shortname, (string) $service->restrictedusers]);
        $context = \context_system::instance();
        $this->assertTrue(has_capability('local/hearth:recordactivity', $context, $kept->userid));
        foreach (['moodle/user:update', 'moodle/course:update', 'moodle/grade:edit', 'moodle/user:viewdetails'] as $other) {
            $this->assertFalse(has_capability($other, $context, $kept->userid), $other);
        }
        $this->assertSame('webservice', $DB->get_field('user', 'auth', ['id' => $kept->userid]));
    }

    public function test_a_new_token_ends_the_old_one(): void {
        global $DB;
        $this->resetAfterTest();
        $this->setAdminUser();
        $first = way_back::open();
        $second = way_back::open();
        $this->assertNotSame($first, $second);
        $this->assertFalse($DB->record_exists('external_tokens', ['token' => $first]));
        $this->assertEquals(1, $DB->count_records('user', ['username' => 'hearth_service']));
        $this->assertEquals(1, $DB->count_records('role', ['shortname' => 'hearth_service']));
    }

    public function test_it_can_be_closed_and_opened_again(): void {
        global $DB;
        $this->resetAfterTest();
        $this->setAdminUser();
        way_back::open();
        way_back::close();
        $this->assertFalse(way_back::is_open());
        $this->assertFalse($DB->record_exists('user', ['username' => 'hearth_service', 'deleted' => 0]));
        $this->assertFalse($DB->record_exists('role', ['shortname' => 'hearth_service']));
        way_back::open();
        $this->assertTrue(way_back::is_open());
    }
}
