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

namespace local_hearth\privacy;

use core_privacy\local\metadata\collection;
use core_privacy\local\request\approved_contextlist;
use core_privacy\local\request\approved_userlist;
use core_privacy\local\request\userlist;
use core_privacy\local\request\writer;
use local_hearth\outbox;
use local_hearth\recorder;

/**
 * What is kept of people is given out, and forgotten.
 *
 * @package    local_hearth
 * @category   test
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers     \local_hearth\privacy\provider
 */
final class provider_test extends \core_privacy\tests\provider_testcase {
    /** @var \stdClass Somebody who did something */
    private \stdClass $ada;

    /** @var \stdClass Somebody whom it concerned */
    private \stdClass $bob;

    /** @var \context_module Where it was done */
    private \context_module $place;

    /** @var \context_course The course around it */
    private \context_course $course;

    protected function setUp(): void {
        global $DB;
        parent::setUp();
        $this->resetAfterTest();
        $generator = $this->getDataGenerator();
        $hearth = $generator->get_plugin_generator('local_hearth');
        $typeid = $hearth->set_up_connection();
        $course = $generator->create_course();
        $activity = $hearth->create_activity($course, $typeid);
        $this->ada = $generator->create_and_enrol($course, 'student');
        $this->bob = $generator->create_and_enrol($course, 'student');
        $this->place = \context_module::instance($activity->cmid);
        $this->course = \context_course::instance($course->id);
        $this->setAdminUser();
        // Whether the enrolments above were told depends on how the database of the tests is put back.
        $DB->delete_records('local_hearth_outbox');
        outbox::keep(\core\uuid::generate(), 'group_member_added', '{"about":"bob"}', (int) $this->ada->id, (int) $this->bob->id);
        $recorder = new recorder(fn(\context $context): bool => true);
        $act = [
            'courseid' => $course->id,
            'kind' => 'feedback.given',
            'userid' => (int) $this->ada->id,
            'relateduserid' => (int) $this->bob->id,
            'time' => time(),
            'anonymous' => false,
            'objectid' => 1,
            'completion' => '',
        ];
        $mine = ['ref' => 'mine', 'name' => 'Mine', 'timestart' => 1795810800, 'timeduration' => 0, 'groupid' => 0, 'slot' => ''];
        $adas = [$mine + ['userid' => $this->ada->id]];
        $recorder->record(['key' => 'a', 'resourcelinkid' => $activity->id, 'calendar' => $adas] + $act);
        $recorder->record(['key' => 'b', 'resourcelinkid' => 0, 'calendar' => []] + $act);
    }

    public function test_it_is_told_what_is_kept_and_where_it_goes(): void {
        $types = provider::get_metadata(new collection('local_hearth'))->get_collection();
        $this->assertSame(
            ['local_hearth_outbox', 'local_hearth_act', 'local_hearth_calendar', 'hearth'],
            array_map(fn($type) => $type->get_name(), $types),
        );
        foreach ($types as $type) {
            foreach ([$type->get_summary(), ...array_values($type->get_privacy_fields())] as $string) {
                $this->assertTrue(get_string_manager()->string_exists($string, 'local_hearth'), $string);
            }
        }
    }

    public function test_everybody_is_found_wherever_there_is_something_of_them(): void {
        $all = [\context_system::instance()->id, $this->place->id, $this->course->id];
        foreach ([$this->ada, $this->bob] as $person) {
            $this->assertEqualsCanonicalizing($all, provider::get_contexts_for_userid((int) $person->id)->get_contextids());
        }
        foreach ([\context_system::instance(), $this->place, $this->course] as $context) {
            $list = new userlist($context, 'local_hearth');
            provider::get_users_in_context($list);
            $this->assertEqualsCanonicalizing([(int) $this->ada->id, (int) $this->bob->id], $list->get_userids());
        }
        $nobody = (int) $this->getDataGenerator()->create_user()->id;
        $this->assertSame([], provider::get_contexts_for_userid($nobody)->get_contextids());
    }

    public function test_everything_of_a_person_is_given_out(): void {
        $this->export_all_data_for_user((int) $this->ada->id, 'local_hearth');
        $name = get_string('pluginname', 'local_hearth');
        $told = writer::with_context(\context_system::instance())
            ->get_data([$name, get_string('privacy:path:told', 'local_hearth')]);
        $this->assertSame('{"about":"bob"}', $told->entries[0]->payload);
        $this->assertSame('userid', $told->entries[0]->your_part);
        $acts = writer::with_context($this->place)->get_data([$name, get_string('privacy:path:acts', 'local_hearth')]);
        $this->assertSame('feedback.given', $acts->entries[0]->kind);
        $entries = writer::with_context($this->place)->get_data([$name, get_string('privacy:path:calendar', 'local_hearth')]);
        $this->assertSame('mine', $entries->entries[0]->ref);
    }

    public function test_a_person_is_forgotten_and_the_act_is_still_known(): void {
        global $DB;
        $contexts = provider::get_contexts_for_userid((int) $this->ada->id)->get_contextids();
        provider::delete_data_for_user(new approved_contextlist($this->ada, 'local_hearth', $contexts));
        $this->assertSame([], provider::get_contexts_for_userid((int) $this->ada->id)->get_contextids());
        $this->assertEquals(0, $DB->count_records('local_hearth_outbox'));
        $this->assertEquals(0, $DB->count_records('event', ['userid' => $this->ada->id, 'modulename' => 'lti']));
        $this->assertEquals(2, $DB->count_records('local_hearth_act', ['userid' => 0, 'relateduserid' => $this->bob->id]));
    }

    public function test_some_people_are_forgotten_at_one_place(): void {
        global $DB;
        provider::delete_data_for_users(new approved_userlist($this->place, 'local_hearth', [$this->bob->id]));
        $this->assertEquals(1, $DB->count_records('local_hearth_act', ['relateduserid' => 0]));
        $this->assertEquals(1, $DB->count_records('local_hearth_act', ['relateduserid' => $this->bob->id]));
        $this->assertEquals(2, $DB->count_records('local_hearth_act', ['userid' => $this->ada->id]));
    }

    public function test_a_place_is_forgotten(): void {
        global $DB;
        provider::delete_data_for_all_users_in_context($this->place);
        $this->assertEquals(0, $DB->count_records_select('local_hearth_act', 'cmid <> 0 AND userid <> 0'));
        $this->assertEquals(0, $DB->count_records('local_hearth_calendar'));
        $this->assertEquals(1, $DB->count_records_select('local_hearth_act', 'cmid = 0 AND userid <> 0'));
        provider::delete_data_for_all_users_in_context(\context_system::instance());
        $this->assertEquals(0, $DB->count_records('local_hearth_outbox'));
    }
}
