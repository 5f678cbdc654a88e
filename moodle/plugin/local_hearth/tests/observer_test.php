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
 * What is heard, and what is written down of it.
 *
 * @package    local_hearth
 * @category   test
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers     \local_hearth\observer
 * @covers     \local_hearth\choice
 * @covers     \local_hearth\payload
 * @covers     \local_hearth\pairing
 */
final class observer_test extends \advanced_testcase {
    /** @var \stdClass A course with an activity of Hearth */
    private \stdClass $course;

    /** @var int The chosen tool */
    private int $typeid;

    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        // Observers that wait for the commit hear nothing inside the transaction of a test.
        $this->preventResetByRollback();
        $this->typeid = $this->generator()->set_up_connection();
        $this->course = $this->getDataGenerator()->create_course(['fullname' => 'Pottery']);
        $this->generator()->create_activity($this->course, $this->typeid);
        $this->forget();
    }

    public function test_an_enrolment_is_written_down_once_and_somebody_is_sent_for(): void {
        global $DB;
        $person = $this->getDataGenerator()->create_and_enrol($this->course, 'student');
        $told = $this->told('user_enrolment_created');
        $this->assertCount(1, $told);
        $body = $told[0];
        $this->assertSame('moodle.user_enrolment_created', $body->type);
        $this->assertSame(get_config('local_hearth', 'siteid'), $body->data->site);
        $this->assertSame('client-of-hearth', $body->data->clientid);
        $this->assertEquals('\\core\\event\\user_enrolment_created', $body->data->event->eventname);
        $this->assertEquals($this->course->id, $body->data->event->courseid);
        $this->assertEquals($person->id, $body->data->event->relateduserid);
        $this->assertMatchesRegularExpression('~^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$~', $body->timestamp);
        $row = $DB->get_record('local_hearth_outbox', ['eventname' => 'user_enrolment_created']);
        $this->assertSame($row->eventid, $body->data->event->eventid);
        $this->assertEquals($person->id, $row->relateduserid);
        $this->assertEquals(1, $DB->count_records('task_adhoc', ['classname' => '\\local_hearth\\task\\deliver']));
    }

    public function test_no_name_address_or_login_is_told(): void {
        $person = $this->getDataGenerator()->create_and_enrol(
            $this->course,
            'student',
            ['firstname' => 'Ottilie', 'lastname' => 'Quirrenbach', 'email' => 'otti@school.example', 'username' => 'ottiq'],
        );
        user_update_user((object) ['id' => $person->id, 'lastname' => 'Zumwinkel'], false);
        $group = $this->getDataGenerator()->create_group(['courseid' => $this->course->id, 'name' => 'Blue group']);
        groups_add_member($group, $person);
        delete_user($person);
        $all = json_encode($this->told());
        $this->assertStringContainsString('user_updated', $all);
        $this->assertStringContainsString('user_deleted', $all);
        $this->assertStringContainsString('group_member_added', $all);
        foreach (['Ottilie', 'Quirrenbach', 'Zumwinkel', 'otti@', 'ottiq', 'Blue'] as $personal) {
            $this->assertStringNotContainsString($personal, $all);
        }
    }

    public function test_a_new_name_is_told_where_the_site_tells_names(): void {
        set_config('names', 1, 'local_hearth');
        $person = $this->getDataGenerator()->create_and_enrol($this->course, 'student', ['firstname' => 'Ottilie']);
        user_update_user((object) ['id' => $person->id, 'lastname' => 'Zumwinkel'], false);
        $this->assertSame('Ottilie Zumwinkel', $this->told('user_updated')[0]->data->event->other->fullname);
    }

    public function test_a_new_title_is_told(): void {
        update_course((object) ['id' => $this->course->id, 'fullname' => 'Pottery & glazing']);
        $this->assertSame('Pottery & glazing', $this->told('course_updated')[0]->data->event->other->fullname);
    }

    public function test_an_activity_of_hearth_that_is_changed_or_deleted_is_told_and_no_other_kind(): void {
        $ours = $this->generator()->create_activity($this->course, $this->typeid);
        $page = $this->getDataGenerator()->create_module('page', ['course' => $this->course->id]);
        $this->forget();
        foreach ([$page, $ours] as $each) {
            set_coursemodule_visible($each->cmid, 0);
            \core\event\course_module_updated::create_from_cm(get_coursemodule_from_id('', $each->cmid))->trigger();
            course_delete_module($each->cmid);
        }
        foreach (['course_module_updated', 'course_module_deleted'] as $name) {
            $told = $this->told($name);
            $this->assertCount(1, $told);
            $this->assertEquals($ours->id, $told[0]->data->event->other->instanceid);
            $this->assertEquals($this->course->id, $told[0]->data->event->courseid);
        }
    }

    public function test_the_last_activity_of_hearth_in_a_course_is_told_when_it_goes(): void {
        $other = $this->getDataGenerator()->create_course();
        $ours = $this->generator()->create_activity($other, $this->typeid);
        $this->forget();
        course_delete_module($ours->cmid);
        $this->assertEquals($ours->id, $this->told('course_module_deleted')[0]->data->event->other->instanceid);
    }

    public function test_an_update_ticks_what_tells_of_activities_and_keeps_what_was_chosen(): void {
        set_config('events', 'user_updated,course_completed', 'local_hearth');
        choice::add_places();
        $now = explode(',', get_config('local_hearth', 'events'));
        $this->assertEqualsCanonicalizing(
            ['user_updated', 'course_completed', 'course_module_updated', 'course_module_deleted'],
            $now,
        );
    }

    public function test_courses_without_hearth_are_not_told_of_unless_all_are(): void {
        $other = $this->getDataGenerator()->create_course();
        $this->getDataGenerator()->create_and_enrol($other, 'student');
        $this->assertSame([], $this->told());
        set_config('everywhere', 1, 'local_hearth');
        $this->getDataGenerator()->create_and_enrol($other, 'student');
        $this->assertNotSame([], $this->told('user_enrolment_created'));
    }

    public function test_activities_of_another_tool_do_not_count(): void {
        $other = $this->getDataGenerator()->create_course();
        $this->generator()->create_activity($other, $this->generator()->create_tool('somebody-else'));
        $this->getDataGenerator()->create_and_enrol($other, 'student');
        $this->assertSame([], $this->told());
    }

    public function test_only_ticked_events_are_told(): void {
        set_config('events', 'group_created', 'local_hearth');
        $this->getDataGenerator()->create_and_enrol($this->course, 'student');
        $this->getDataGenerator()->create_group(['courseid' => $this->course->id]);
        $this->assertSame(['moodle.group_created'], array_column($this->told(), 'type'));
    }

    public function test_nothing_is_written_down_before_there_is_an_address(): void {
        set_config('url', '', 'local_hearth');
        $this->getDataGenerator()->create_and_enrol($this->course, 'student');
        $this->assertSame([], $this->told());
    }

    public function test_what_was_rolled_back_is_not_told(): void {
        global $DB;
        $person = $this->getDataGenerator()->create_user();
        $transaction = $DB->start_delegated_transaction();
        $this->getDataGenerator()->enrol_user($person->id, $this->course->id, 'student');
        try {
            $transaction->rollback(new \Exception('no'));
        } catch (\Exception $e) {
            $this->assertSame('no', $e->getMessage());
        }
        $this->assertSame([], $this->told());
    }

    public function test_a_deleted_course_is_told_of_though_nothing_of_it_is_left(): void {
        delete_course($this->course, false);
        $this->assertCount(1, $this->told('course_deleted'));
    }

    public function test_where_a_copied_course_came_from_is_told_only_within_the_site(): void {
        foreach ([true, false] as $issamesite) {
            $this->forget();
            \core\event\course_restored::create([
                'objectid' => $this->course->id,
                'context' => \context_course::instance($this->course->id),
                'other' => ['type' => 'course', 'target' => 2, 'mode' => 10, 'operation' => 'restore', 'samesite' => $issamesite]
                    + ($issamesite ? ['originalcourseid' => 77] : []),
            ])->trigger();
            $told = $this->told('course_restored')[0]->data->event;
            $this->assertSame($issamesite ? 77 : null, $told->other->originalcourseid ?? null);
        }
    }

    public function test_every_event_that_can_be_told_is_one_of_moodle(): void {
        foreach (choice::ALL as $name) {
            $this->assertTrue(is_subclass_of('\\core\\event\\' . $name, \core\event\base::class), $name);
        }
        $this->assertSame(choice::ALL, array_unique(choice::ALL));
    }

    public function test_a_running_messenger_is_not_counted_on(): void {
        global $DB;
        outbox::ring();
        outbox::ring();
        $this->assertEquals(1, $DB->count_records('task_adhoc', ['classname' => '\\local_hearth\\task\\deliver']));
        $DB->set_field('task_adhoc', 'timestarted', time(), ['classname' => '\\local_hearth\\task\\deliver']);
        outbox::ring();
        $this->assertEquals(2, $DB->count_records('task_adhoc', ['classname' => '\\local_hearth\\task\\deliver']));
    }

    /**
     * The generator of this plugin.
     *
     * @return \local_hearth_generator
     */
    private function generator(): \local_hearth_generator {
        return $this->getDataGenerator()->get_plugin_generator('local_hearth');
    }

    /**
     * Bodies that wait, all or those of one kind.
     *
     * @param string $name
     * @return \stdClass[]
     */
    private function told(string $name = ''): array {
        global $DB;
        $rows = $DB->get_records('local_hearth_outbox', $name === '' ? [] : ['eventname' => $name], 'id', 'id, payload');
        return array_map(fn(\stdClass $row): \stdClass => json_decode($row->payload), array_values($rows));
    }

    /**
     * Begin with an empty outbox.
     */
    private function forget(): void {
        global $DB;
        $DB->delete_records('local_hearth_outbox');
        $DB->delete_records('task_adhoc');
    }
}
