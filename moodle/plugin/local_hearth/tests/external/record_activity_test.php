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
use local_hearth\calendar;
use local_hearth\outbox;
use local_hearth\recorder;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/../fake_transport.php');

/**
 * What was done in Hearth stands in Moodle, once.
 *
 * @package    local_hearth
 * @category   test
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers     \local_hearth\external\record_activity
 * @covers     \local_hearth\recorder
 * @covers     \local_hearth\calendar
 */
final class record_activity_test extends \advanced_testcase {
    /** @var \stdClass A course that keeps completion */
    private \stdClass $course;

    /** @var \stdClass An activity that its students tick */
    private \stdClass $activity;

    /** @var \stdClass A student */
    private \stdClass $ada;

    /** @var \stdClass Another student */
    private \stdClass $bob;

    /** @var int The chosen tool */
    private int $typeid;

    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->preventResetByRollback();
        $generator = $this->getDataGenerator();
        $hearth = $generator->get_plugin_generator('local_hearth');
        $this->typeid = $hearth->set_up_connection();
        $this->course = $generator->create_course(['enablecompletion' => 1]);
        $this->activity = $hearth->create_activity($this->course, $this->typeid, ['completion' => COMPLETION_TRACKING_MANUAL]);
        $this->ada = $generator->create_and_enrol($this->course, 'student');
        $this->bob = $generator->create_and_enrol($this->course, 'student');
        $this->become_service();
    }

    public function test_an_act_fires_an_event_and_completes_the_activity(): void {
        $sink = $this->redirectEvents();
        $result = $this->call([$this->act(['completion' => 'complete'])])[0];
        $this->assertSame(['key' => 'a:1', 'status' => 'done', 'reason' => '', 'completion' => 'set'], $result);
        $fired = array_values(array_filter($sink->get_events(), fn($each) => $each instanceof \local_hearth\event\feedback_given));
        $this->assertCount(1, $fired);
        $event = $fired[0];
        $this->assertEquals($this->ada->id, $event->userid);
        $this->assertEquals($this->bob->id, $event->relateduserid);
        $this->assertEquals(\context_module::instance($this->activity->cmid)->id, $event->contextid);
        $this->assertSame(['kind' => 'feedback.given', 'number' => 7, 'timeacted' => 1795724000], $event->other);
        $this->assertStringContainsString('feedback.given', $event->get_description());
        $this->assertStringContainsString('/mod/lti/view.php', $event->get_url()->out());
        $this->assertSame('Feedback was given in Hearth', $event::get_name());
        $this->assertEquals(COMPLETION_COMPLETE, $this->completion_of($this->ada));
        $this->assertEquals(COMPLETION_INCOMPLETE, $this->completion_of($this->bob));
    }

    public function test_an_act_of_a_known_key_is_not_done_again(): void {
        $this->call([$this->act(['completion' => 'complete'])]);
        $sink = $this->redirectEvents();
        $second = $this->act(['key' => 'a:2']);
        $again = $this->call([$this->act(['completion' => 'incomplete']), $second, $second]);
        $this->assertSame(['known', 'done', 'known'], array_column($again, 'status'));
        $this->assertCount(1, $sink->get_events());
        $this->assertEquals(COMPLETION_COMPLETE, $this->completion_of($this->ada));
    }

    public function test_what_nobody_is_to_know_is_nowhere(): void {
        global $DB;
        $sink = $this->redirectEvents();
        $this->call([$this->act(['userid' => 0, 'relateduserid' => 0, 'anonymous' => 1])]);
        $event = $sink->get_events()[0];
        $this->assertSame(0, $event->userid);
        $this->assertNull($event->relateduserid);
        $this->assertSame(1, $event->anonymous);
        $this->assertStringStartsWith('Somebody did', $event->get_description());
        $this->assertEquals(0, $DB->get_field('local_hearth_act', 'userid', ['actkey' => 'a:1']));
    }

    public function test_kinds_of_tomorrow_are_logged_too(): void {
        $sink = $this->redirectEvents();
        $this->call([$this->act(['kind' => 'wall.painted'])]);
        $this->assertInstanceOf(\local_hearth\event\act_recorded::class, $sink->get_events()[0]);
        $this->assertSame('wall.painted', $sink->get_events()[0]->other['kind']);
    }

    public function test_every_kind_with_an_event_has_a_name_and_fires(): void {
        $kinds = (new \ReflectionClassConstant(recorder::class, 'EVENTS'))->getValue();
        $sink = $this->redirectEvents();
        foreach ($kinds as $kind => $class) {
            $this->call([$this->act(['key' => $kind, 'kind' => $kind])]);
            $events = $sink->get_events();
            $this->assertInstanceOf($class, end($events));
            $this->assertStringContainsString('Hearth', $class::get_name());
        }
    }

    public function test_conditions_of_an_activity_are_set_over(): void {
        $activity = $this->getDataGenerator()->get_plugin_generator('local_hearth')->create_activity(
            $this->course,
            $this->typeid,
            ['completion' => COMPLETION_TRACKING_AUTOMATIC, 'completionview' => 1],
        );
        $act = $this->act(['resourcelinkid' => $activity->id, 'completion' => 'complete']);
        $this->assertSame('set', $this->call([$act])[0]['completion']);
        $this->assertEquals(COMPLETION_COMPLETE, $this->completion_of($this->ada, $activity));
    }

    public function test_completion_tells_what_became_of_it(): void {
        $plain = $this->getDataGenerator()->get_plugin_generator('local_hearth')->create_activity($this->course, $this->typeid);
        $said = $this->call([
            $this->act(['key' => '1', 'completion' => 'complete', 'time' => 1795724100]),
            $this->act(['key' => '2', 'completion' => 'complete', 'time' => 1795724200]),
            $this->act(['key' => '3', 'completion' => 'incomplete', 'time' => 1795724150]),
            $this->act(['key' => '4', 'completion' => 'incomplete', 'time' => 1795724300]),
            $this->act(['key' => '5', 'completion' => 'complete', 'resourcelinkid' => $plain->id]),
            $this->act(['key' => '6']),
        ]);
        $this->assertSame(['set', 'same', 'older', 'set', 'off', ''], array_column($said, 'completion'));
        $this->assertEquals(COMPLETION_INCOMPLETE, $this->completion_of($this->ada));
    }

    public function test_what_cannot_be_done_says_why_and_keeps_nobody_up(): void {
        global $DB;
        $generator = $this->getDataGenerator();
        $hearth = $generator->get_plugin_generator('local_hearth');
        $foreign = $hearth->create_activity($this->course, $hearth->create_tool('somebody-else'));
        $elsewhere = $generator->create_course();
        $outsider = $generator->create_user();
        $deleted = $generator->create_user();
        delete_user($deleted);
        $bad = [
            'badkey' => ['key' => 'with spaces'],
            'badkind' => ['kind' => 'Feedback given!'],
            'badtime' => ['time' => 12],
            'badcompletion' => ['completion' => 'half'],
            'nocourse' => ['courseid' => 987654],
            'noactivity' => ['resourcelinkid' => 987654],
            'othertool' => ['resourcelinkid' => $foreign->id],
            'nouser' => ['userid' => $deleted->id],
            'notenrolled' => ['relateduserid' => $outsider->id],
            'badcalendar' => ['calendar' => [['ref' => '', 'name' => 'x', 'timestart' => 1]]],
        ];
        $acts = [];
        foreach ($bad as $reason => $fields) {
            $acts[] = $this->act(['key' => $reason] + $fields);
        }
        $acts[0]['key'] = 'with spaces';
        $acts[] = $this->act(['key' => 'nobody', 'userid' => 0, 'completion' => 'complete']);
        $acts[] = $this->act(['key' => 'course', 'courseid' => $elsewhere->id, 'resourcelinkid' => 0]);
        $acts[] = $this->act(['key' => 'site', 'courseid' => SITEID]);
        $acts[] = $this->act(['key' => 'good']);
        $said = $this->call($acts);
        $this->assertSame(
            [...array_keys($bad), 'badcompletion', 'othertool', 'nocourse', ''],
            array_column($said, 'reason'),
        );
        $this->assertSame('done', end($said)['status']);
        $this->assertEquals(1, $DB->count_records('local_hearth_act'), 'a refused key is not used up');
    }

    public function test_a_course_where_the_user_may_not_act_is_refused(): void {
        $this->setUser($this->ada);
        $this->assertSame(['notallowed'], array_column($this->call([$this->act()]), 'reason'));
    }

    public function test_a_database_that_fails_while_asked_refuses_nothing(): void {
        $recorder = new \local_hearth\recorder(function (\context $context): void {
            throw new \dml_read_exception('gone');
        });
        $said = $recorder->record($this->act());
        $this->assertSame(['failed', 'dml_read_exception'], [$said['status'], $said['reason']]);
        $this->assertDebuggingCalled();
    }

    public function test_an_act_that_breaks_leaves_nothing_behind(): void {
        global $DB;
        $act = $this->act([
            'completion' => 'complete',
            'calendar' => [['ref' => 'due', 'name' => 'Due', 'timestart' => 1795810800]],
        ]);
        // A table that is not there is what a database in trouble looks like. It is the last one that is written to.
        $manager = $DB->get_manager();
        $manager->rename_table(new \xmldb_table('course_modules_completion'), 'local_hearth_hidden');
        try {
            $said = $this->call([$act])[0];
        } finally {
            $manager->rename_table(new \xmldb_table('local_hearth_hidden'), 'course_modules_completion');
        }
        $this->assertSame('failed', $said['status']);
        $this->assertDebuggingCalledCount(1);
        $this->assertEquals(0, $DB->count_records('local_hearth_act'));
        $this->assertEquals(0, $DB->count_records('local_hearth_calendar'));
        $this->assertEquals(0, $DB->count_records('event', ['modulename' => 'lti']));
        $this->assertEquals(COMPLETION_INCOMPLETE, $this->completion_of($this->ada));
        $this->assertSame('done', $this->call([$act])[0]['status'], 'and the next time it works');
    }

    public function test_dates_are_written_changed_and_taken_back(): void {
        global $DB;
        $entry = ['ref' => 'exchange:7:due', 'name' => 'Hand in', 'timestart' => 1795810800];
        $this->call([$this->act(['key' => '1', 'kind' => '', 'time' => 1795724100, 'calendar' => [$entry]])]);
        $kept = $DB->get_record('event', ['modulename' => 'lti', 'instance' => $this->activity->id], '*', MUST_EXIST);
        $this->assertSame(['Hand in', '1795810800'], [$kept->name, (string) $kept->timestart]);
        $later = ['timestart' => 1795897200] + $entry;
        $this->call([$this->act(['key' => '2', 'kind' => '', 'time' => 1795724200, 'calendar' => [$later]])]);
        $this->call([$this->act(['key' => '3', 'kind' => '', 'time' => 1795724150, 'calendar' => [$entry]])]);
        $this->assertEquals(1795897200, $DB->get_field('event', 'timestart', ['id' => $kept->id]), 'the younger word counts');
        $this->call([$this->act(['key' => '4', 'kind' => '', 'time' => 1795724300, 'calendar' => [['timestart' => 0] + $entry]])]);
        $this->assertFalse($DB->record_exists('event', ['id' => $kept->id]));
    }

    public function test_dates_can_be_for_one_person_or_one_group(): void {
        global $DB;
        $group = $this->getDataGenerator()->create_group(['courseid' => $this->course->id]);
        $foreign = $this->getDataGenerator()->create_group(['courseid' => $this->getDataGenerator()->create_course()->id]);
        $entry = ['name' => 'Hand in', 'timestart' => 1795810800];
        $said = $this->call([
            $this->act(['key' => '1', 'calendar' => [['ref' => 'p', 'userid' => $this->ada->id] + $entry]]),
            $this->act(['key' => '2', 'calendar' => [['ref' => 'g', 'groupid' => $group->id] + $entry]]),
            $this->act(['key' => '3', 'calendar' => [['ref' => 'f', 'groupid' => $foreign->id] + $entry]]),
        ]);
        $this->assertSame(['', '', 'badcalendar'], array_column($said, 'reason'));
        $this->assertEquals(1, $DB->count_records('event', ['modulename' => 'lti', 'userid' => $this->ada->id, 'courseid' => 0]));
        $this->assertEquals(1, $DB->count_records('event', ['modulename' => 'lti', 'groupid' => $group->id]));
    }

    public function test_a_date_of_ones_own_takes_the_place_of_everybodys_of_the_same_slot(): void {
        global $DB;
        $submit = ['ref' => 's', 'slot' => 'submit', 'name' => 'Hand in', 'timestart' => 1795810800];
        $review = ['ref' => 'r', 'slot' => 'review', 'name' => 'Give feedback', 'timestart' => 1795897200];
        $own = ['ref' => 's/5', 'userid' => $this->ada->id, 'timestart' => 1795984000] + $submit;
        $said = $this->call([
            $this->act(['key' => '1', 'kind' => '', 'userid' => 0, 'relateduserid' => 0, 'calendar' => [$submit, $review]]),
            $this->act(['key' => '2', 'kind' => '', 'userid' => 0, 'relateduserid' => 0, 'calendar' => [$own]]),
        ]);
        $this->assertSame(['done', 'done'], array_column($said, 'status'));
        $this->assertSame(['1795897200' => 'Give feedback', '1795984000' => 'Hand in'], $this->calendar_of($this->ada));
        $this->assertSame(['1795810800' => 'Hand in', '1795897200' => 'Give feedback'], $this->calendar_of($this->bob));
        $manual = enrol_get_plugin('manual');
        $instances = array_filter(enrol_get_instances($this->course->id, false), fn($each) => $each->enrol === 'manual');
        $manual->unenrol_user(reset($instances), $this->ada->id);
        $back = ['key' => '3', 'kind' => '', 'userid' => 0, 'relateduserid' => 0, 'calendar' => [['timestart' => 0] + $own]];
        $this->assertSame(['done'], array_column($this->call([$this->act($back)]), 'status'), 'also of who has left');
        $this->assertEquals(0, $DB->count_records('event', ['userid' => $this->ada->id, 'modulename' => 'lti']));
        $this->assertSame(['badcalendar'], array_column($this->call([
            $this->act(['key' => '4', 'userid' => 0, 'calendar' => [['slot' => 'Much too long a word'] + $submit]]),
        ]), 'reason'));
    }

    public function test_a_date_that_comes_for_another_activity_of_the_course_moves_there(): void {
        global $DB;
        $hearth = $this->getDataGenerator()->get_plugin_generator('local_hearth');
        $second = $hearth->create_activity($this->course, $this->typeid);
        $elsewhere = $this->getDataGenerator()->create_course();
        $foreign = $hearth->create_activity($elsewhere, $this->typeid);
        $date = ['ref' => 'x/submit', 'name' => 'Hand in', 'timestart' => 1795810800, 'slot' => 'submit'];
        $said = $this->call([
            $this->act(['key' => 'a', 'calendar' => [$date]]),
            $this->act(['key' => 'b', 'resourcelinkid' => $second->id, 'calendar' => [$date]]),
            $this->act(['userid' => 0, 'relateduserid' => 0, 'key' => 'd', 'courseid' => $elsewhere->id,
                'resourcelinkid' => $foreign->id, 'calendar' => [$date]]),
        ]);
        $this->assertSame(['', '', 'badcalendar'], array_column($said, 'reason'), 'and to no other course');
        $event = $DB->get_record('event', ['eventtype' => 'hearth_submit'], '*', MUST_EXIST);
        $this->assertEquals($second->id, $event->instance);
        $this->call([$this->act(['key' => 'c', 'calendar' => [['timestart' => 0] + $date]])]);
        $this->assertFalse($DB->record_exists('event', ['eventtype' => 'hearth_submit']));
    }

    public function test_a_date_whose_activity_was_deleted_is_written_anew(): void {
        global $DB;
        $hearth = $this->getDataGenerator()->get_plugin_generator('local_hearth');
        $first = $hearth->create_activity($this->course, $this->typeid);
        $date = ['ref' => 'x/submit', 'name' => 'Hand in', 'timestart' => 1795810800, 'slot' => 'submit'];
        $this->call([$this->act(['key' => 'a', 'resourcelinkid' => $first->id, 'calendar' => [$date]])]);
        course_delete_module($first->cmid);
        $said = $this->call([$this->act(['key' => 'b', 'calendar' => [$date]])]);
        $this->assertSame('done', $said[0]['status']);
        $this->assertCount(1, $DB->get_records('event', ['eventtype' => 'hearth_submit']));
    }

    public function test_dates_go_with_the_activity_and_those_that_came_with_a_copy_go_at_once(): void {
        global $DB;
        $entry = ['ref' => 'due', 'name' => 'Hand in', 'timestart' => 1795810800];
        $this->call([$this->act(['calendar' => [$entry]])]);
        $copy = $DB->get_record('event', ['modulename' => 'lti'], '*', MUST_EXIST);
        unset($copy->id);
        $DB->insert_record('event', $copy);
        calendar::sweep((int) $this->course->id);
        $this->assertEquals(1, $DB->count_records('event', ['modulename' => 'lti']));
        $this->setAdminUser();
        course_delete_module($this->activity->cmid);
        $this->assertEquals(0, $DB->count_records('event', ['modulename' => 'lti']));
        calendar::sweep();
        $this->assertEquals(0, $DB->count_records('local_hearth_calendar'));
    }

    public function test_what_hearth_does_here_is_not_sent_back_to_hearth(): void {
        global $DB;
        $DB->delete_records('local_hearth_outbox');
        set_config('events', 'course_module_completion_updated,calendar_event_created', 'local_hearth');
        $entry = ['ref' => 'due', 'name' => 'Hand in', 'timestart' => 1795810800];
        $this->call([$this->act(['completion' => 'complete', 'calendar' => [$entry]])]);
        $this->assertEquals(0, outbox::count()->waiting);
        (new \completion_info($this->course))->update_state(
            get_fast_modinfo($this->course)->get_cm($this->activity->cmid),
            COMPLETION_COMPLETE,
            $this->bob->id,
        );
        $this->assertEquals(1, outbox::count()->waiting);
    }

    public function test_another_tool_or_too_much_at_once_is_refused_as_a_whole(): void {
        foreach (['somebody-else', ''] as $clientid) {
            try {
                record_activity::execute($clientid, [$this->act()]);
                $this->fail('another tool was believed');
            } catch (\moodle_exception $e) {
                $this->assertSame('notpaired', $e->errorcode);
            }
        }
        $this->expectException(\moodle_exception::class);
        $this->expectExceptionMessage('100');
        record_activity::execute('client-of-hearth', array_fill(0, 101, $this->act()));
    }

    /**
     * The user whose token Hearth has.
     */
    private function become_service(): void {
        \local_hearth\way_back::open();
        $this->setUser(\core_user::get_user_by_username('hearth_service'));
    }

    /**
     * One act.
     *
     * @param array $fields What is special about it
     * @return array
     */
    private function act(array $fields = []): array {
        return $fields + [
            'key' => 'a:1',
            'courseid' => $this->course->id,
            'resourcelinkid' => $this->activity->id,
            'kind' => 'feedback.given',
            'userid' => $this->ada->id,
            'relateduserid' => $this->bob->id,
            'time' => 1795724000,
            'objectid' => 7,
        ];
    }

    /**
     * Call it as the web does.
     *
     * @param array $acts
     * @return array[]
     */
    private function call(array $acts): array {
        $this->mock_clock_with_frozen(1795724400);
        $given = record_activity::execute('client-of-hearth', $acts);
        return external_api::clean_returnvalue(record_activity::execute_returns(), $given)['results'];
    }

    /**
     * What stands in somebody's calendar at our activity.
     *
     * @param \stdClass $person
     * @return string[] names by time
     */
    private function calendar_of(\stdClass $person): array {
        $this->setUser($person);
        $strategy = new \core_calendar\local\event\strategies\raw_event_retrieval_strategy();
        $found = $strategy->get_raw_events([$person->id], null, [$this->course->id], null, [], [], 'e.timestart');
        $this->setUser(\core_user::get_user_by_username('hearth_service'));
        return array_map(fn(\stdClass $each): string => $each->name, array_column($found, null, 'timestart'));
    }

    /**
     * How far somebody is.
     *
     * @param \stdClass $person
     * @param \stdClass|null $activity
     * @return int
     */
    private function completion_of(\stdClass $person, ?\stdClass $activity = null): int {
        $cm = get_fast_modinfo($this->course)->get_cm(($activity ?? $this->activity)->cmid);
        return (int) (new \completion_info($this->course))->get_data($cm, false, $person->id)->completionstate;
    }
}
