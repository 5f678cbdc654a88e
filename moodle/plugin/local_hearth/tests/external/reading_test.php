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

/**
 * What Hearth can ask.
 *
 * @package    local_hearth
 * @category   test
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers     \local_hearth\external\status
 * @covers     \local_hearth\external\get_groups
 */
final class reading_test extends \advanced_testcase {
    public function test_the_state_tells_who_we_are_and_how_it_goes(): void {
        global $CFG;
        $this->resetAfterTest();
        $this->setAdminUser();
        $before = $this->status();
        $this->assertSame(['', '', 'none'], [$before['clientid'], $before['deploymentid'], $before['receiver']['state']]);
        $typeid = $this->getDataGenerator()->get_plugin_generator('local_hearth')->set_up_connection();
        $status = $this->status();
        $this->assertSame(get_config('local_hearth', 'siteid'), $status['siteid']);
        $this->assertSame($CFG->wwwroot, $status['wwwroot']);
        $this->assertSame(['client-of-hearth', (string) $typeid], [$status['clientid'], $status['deploymentid']]);
        $this->assertContains('user_enrolment_created', $status['events']);
        $this->assertSame('sending', $status['receiver']['state']);
        $this->assertSame('https://hearth.example/webhooks/x', $status['receiver']['url']);
        $this->assertSame($before['siteid'], $status['siteid']);
    }

    public function test_the_state_is_not_for_everybody(): void {
        $this->resetAfterTest();
        $this->setUser($this->getDataGenerator()->create_user());
        $this->expectException(\required_capability_exception::class);
        status::execute();
    }

    public function test_groups_are_told_with_who_is_in_them(): void {
        $this->resetAfterTest();
        $generator = $this->getDataGenerator();
        $hearth = $generator->get_plugin_generator('local_hearth');
        $course = $generator->create_course();
        $hearth->create_activity($course, $hearth->set_up_connection());
        $ada = $generator->create_and_enrol($course, 'student');
        $full = $generator->create_group(['courseid' => $course->id, 'name' => 'Full & busy', 'idnumber' => 'F1']);
        $empty = $generator->create_group(['courseid' => $course->id, 'name' => 'Empty']);
        $grouping = $generator->create_grouping(['courseid' => $course->id, 'name' => 'Teams']);
        groups_add_member($full, $ada);
        groups_assign_grouping($grouping->id, $full->id);
        $this->setAdminUser();
        $told = external_api::clean_returnvalue(
            get_groups::execute_returns(),
            get_groups::execute('client-of-hearth', (int) $course->id),
        );
        $this->assertEquals([
            [
                'id' => $full->id,
                'name' => 'Full & busy',
                'idnumber' => 'F1',
                'members' => [$ada->id],
                'groupings' => [$grouping->id],
            ],
            ['id' => $empty->id, 'name' => 'Empty', 'idnumber' => '', 'members' => [], 'groupings' => []],
        ], $told['groups']);
        $this->assertEquals([['id' => $grouping->id, 'name' => 'Teams']], $told['groupings']);
    }

    public function test_groups_of_courses_without_hearth_are_not_told(): void {
        $this->resetAfterTest();
        $this->getDataGenerator()->get_plugin_generator('local_hearth')->set_up_connection();
        $course = $this->getDataGenerator()->create_course();
        $this->setAdminUser();
        $this->expectExceptionMessage(get_string('othertool', 'local_hearth'));
        get_groups::execute('client-of-hearth', (int) $course->id);
    }

    /**
     * The state, as the web gives it.
     *
     * @return array
     */
    private function status(): array {
        return external_api::clean_returnvalue(status::execute_returns(), status::execute());
    }
}
