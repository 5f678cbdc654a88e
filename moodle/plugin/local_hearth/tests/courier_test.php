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

use core\task\manager;
use local_hearth\task\deliver;
use local_hearth\task\purge;
use local_hearth\task\retry;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/fake_transport.php');

/**
 * What waits is carried to Hearth, and what becomes of it when Hearth does not take it.
 *
 * @package    local_hearth
 * @category   test
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers     \local_hearth\courier
 * @covers     \local_hearth\parcel
 * @covers     \local_hearth\stride
 * @covers     \local_hearth\outbox
 * @covers     \local_hearth\endpoint
 * @covers     \local_hearth\signature
 * @covers     \local_hearth\task\deliver
 * @covers     \local_hearth\task\retry
 * @covers     \local_hearth\task\purge
 */
final class courier_test extends \advanced_testcase {
    /** @var \core\clock A clock that stands still until it is told to move */
    private \core\clock $clock;

    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->preventResetByRollback();
        $this->getDataGenerator()->get_plugin_generator('local_hearth')->set_up_connection();
        $this->clock = $this->mock_clock_with_frozen(1795724400);
    }

    public function test_what_waits_goes_out_signed_and_in_order(): void {
        global $DB;
        $fake = fake_transport::install();
        $this->keep(3);
        $this->deliver();
        $this->assertSame([['e0', 'e1', 'e2']], $fake->posts(), 'all of them in one message');
        $first = $fake->sent[0];
        $this->assertSame('https://hearth.example/webhooks/x', $first->url);
        $this->assertSame((string) $this->clock->time(), $first->headers['webhook-timestamp']);
        $key = base64_decode(substr(\local_hearth_generator::SECRET, 6));
        $signed = "{$first->headers['webhook-id']}.{$first->headers['webhook-timestamp']}.{$first->body}";
        $this->assertSame('v1,' . base64_encode(hash_hmac('sha256', $signed, $key, true)), $first->headers['webhook-signature']);
        $this->assertEquals(3, $DB->count_records('local_hearth_outbox', ['status' => outbox::SENT]));
        $this->assertSame('sending', endpoint::state());
    }

    public function test_the_signature_is_that_of_the_standard(): void {
        // Worked out by hand with openssl: printf %s "$id.$at.$body" | openssl dgst -sha256 -hmac KEY -binary | base64.
        $headers = signature::headers(\local_hearth_generator::SECRET, 'msg_1', 1700000000, '{"a":1}');
        $this->assertSame(
            [
                'webhook-id: msg_1',
                'webhook-timestamp: 1700000000',
                'webhook-signature: v1,1l34d9U9bSaAVQFy2uVdg3CHHT+o7pMzi59Vrub2gOE=',
            ],
            $headers,
        );
    }

    public function test_another_attempt_has_the_same_id_and_another_time(): void {
        $fake = fake_transport::install(new outcome(500));
        $this->keep(1);
        $this->deliver();
        $this->clock->bump(10);
        $this->deliver();
        [$first, $second] = $fake->sent;
        $this->assertSame($first->headers['webhook-id'], $second->headers['webhook-id']);
        $this->assertSame($first->body, $second->body);
        $this->assertSame('1795724400', $first->headers['webhook-timestamp']);
        $this->assertSame('1795724410', $second->headers['webhook-timestamp']);
    }

    public function test_while_hearth_is_down_one_is_tried_and_all_are_kept(): void {
        global $DB;
        $fake = fake_transport::install(new outcome(0, 'Connection refused'));
        $this->keep(5);
        $this->deliver();
        $this->assertCount(1, $fake->sent);
        $this->assertSame('paused', endpoint::state());
        $this->assertEquals(5, $DB->count_records('local_hearth_outbox', ['status' => outbox::WAITING]));
        $this->deliver();
        $this->assertCount(1, $fake->sent, 'nobody is asked while the pause lasts');
        $this->clock->bump(10);
        $this->deliver();
        $this->assertSame(
            [['e0', 'e1', 'e2', 'e3', 'e4'], ['e0'], ['e1', 'e2'], ['e3', 'e4']],
            $fake->posts(),
            'one first, and more as they arrive',
        );
        $this->assertEquals(5, $DB->count_records('local_hearth_outbox', ['status' => outbox::SENT]));
    }

    public function test_pauses_grow_and_somebody_is_sent_for_when_they_are_over(): void {
        global $DB;
        $fake = fake_transport::install(...array_fill(0, 20, new outcome(503)));
        $this->keep(1);
        $begin = $this->clock->time();
        foreach (endpoint::PAUSES as $seconds) {
            $DB->delete_records('task_adhoc');
            courier::run();
            $pause = endpoint::current()->pauseduntil - $this->clock->time();
            $this->assertGreaterThanOrEqual($seconds, $pause);
            $this->assertLessThanOrEqual($seconds * 1.1, $pause);
            $task = $DB->get_record('task_adhoc', ['classname' => '\\local_hearth\\task\\deliver'], '*', MUST_EXIST);
            $this->assertEquals(endpoint::current()->pauseduntil, $task->nextruntime);
            $this->clock->set_to($task->nextruntime + DAYSECS);
        }
        $this->assertCount(9, $fake->sent);
        $this->assertEquals(1, outbox::count()->waiting);
        courier::run();
        $this->assertEquals(1, outbox::count()->givenup, 'after ten attempts');
        $this->assertGreaterThan(3 * DAYSECS, $this->clock->time() - $begin);
    }

    public function test_what_was_given_up_can_be_sent_again(): void {
        $fake = fake_transport::install();
        $fake->poison = 'e0';
        $this->keep(2);
        $this->deliver();
        $this->assertSame(['e1'], $fake->taken, 'one that is refused holds up nobody');
        $this->assertEquals(1, outbox::count()->givenup);
        $fake->poison = '';
        outbox::send_again();
        $this->deliver();
        $this->assertSame(['e1', 'e0'], $fake->taken);
        $this->assertEquals(0, outbox::count()->givenup);
    }

    public function test_many_go_together_under_one_signature_and_one_id(): void {
        global $DB;
        $fake = fake_transport::install(new outcome(503));
        $this->keep(250);
        $this->deliver();
        $this->assertEquals(0, $DB->count_records_select('local_hearth_outbox', 'attempts > 0'), 'none had an attempt of its own');
        outbox::send_again();
        $this->deliver();
        $this->assertSame([100, 100, 100, 50], array_map('count', $fake->posts()));
        $this->assertSame(array_map(fn(int $number): string => "e$number", range(0, 249)), $fake->taken);
        [$first, $again] = $fake->sent;
        $this->assertSame($first->headers['webhook-id'], $again->headers['webhook-id'], 'the same events have the same id');
        $this->assertSame($first->body, $again->body);
        $this->assertNotSame($again->headers['webhook-id'], $fake->sent[2]->headers['webhook-id']);
        $this->assertMatchesRegularExpression('~^[a-z]+_[0-9a-f]{40}$~D', $again->headers['webhook-id']);
        $key = base64_decode(substr(\local_hearth_generator::SECRET, 6));
        $signed = "{$again->headers['webhook-id']}.{$again->headers['webhook-timestamp']}.{$again->body}";
        $this->assertSame('v1,' . base64_encode(hash_hmac('sha256', $signed, $key, true)), $again->headers['webhook-signature']);
        $body = json_decode($again->body);
        $this->assertSame(pairing::siteid(), $body->data->site);
        $this->assertSame('client-of-hearth', $body->data->clientid);
        $ids = array_column($DB->get_records('local_hearth_outbox', null, 'id', 'eventid', 0, 100), 'eventid');
        $this->assertSame($ids, array_column($body->data->events, 'eventid'), 'each event has its own id, by which it is known');
        $this->assertSame('{}', json_encode($body->data->events[0]->other), 'an object stays one');
    }

    public function test_one_that_is_refused_is_found_among_many_and_the_others_arrive_in_order(): void {
        foreach ([400, 422] as $code) {
            foreach (['e0', 'e37', 'e99', 'e149'] as $poison) {
                $fake = fake_transport::install();
                $fake->poison = $poison;
                $fake->refusal = $code;
                $this->keep(150);
                courier::run();
                $others = array_diff(array_map(fn(int $number): string => "e$number", range(0, 149)), [$poison]);
                $this->assertSame(array_values($others), $fake->taken, $poison);
                $this->assertEquals(0, outbox::count()->waiting);
                $this->assertLessThan(20, count($fake->sent), 'it is found by halves');
            }
        }
        $this->assertEquals(8, outbox::count()->givenup);
    }

    public function test_what_is_too_large_goes_in_smaller_parts_and_nothing_is_given_up(): void {
        foreach ([1, 2, 7, 30] as $most) {
            $fake = fake_transport::install();
            $fake->most = $most;
            $this->keep(120);
            courier::run();
            $this->assertSame(array_map(fn(int $number): string => "e$number", range(0, 119)), $fake->taken);
            $this->assertEquals([0, 0], [outbox::count()->waiting, outbox::count()->givenup]);
        }
        $this->assertLessThan(20, count($fake->sent), 'what is too large is learned');
    }

    public function test_a_message_is_never_longer_than_hearth_takes(): void {
        $fake = fake_transport::install();
        $this->keep(10, str_repeat('a', 100000));
        courier::run();
        $this->assertSame([2, 2, 2, 2, 2], array_map('count', $fake->posts()));
        foreach ($fake->sent as $each) {
            $this->assertLessThan(300000, strlen($each->body));
        }
    }

    public function test_what_spoke_for_another_tool_goes_in_a_message_of_its_own(): void {
        $fake = fake_transport::install();
        $this->keep(2);
        set_config('clientid', 'another-client', 'local_hearth');
        $this->keep(2);
        courier::run();
        $this->assertSame([['e0', 'e1'], ['e0', 'e1']], $fake->posts());
        $told = array_map(fn(\stdClass $each): string => json_decode($each->body)->data->clientid, $fake->sent);
        $this->assertSame(['client-of-hearth', 'another-client'], $told);
    }

    public function test_one_at_which_hearth_breaks_holds_up_the_others_for_a_while_only(): void {
        $fake = fake_transport::install();
        $fake->poison = 'e3';
        $fake->refusal = 500;
        $this->keep(20);
        $begin = $this->clock->time();
        while (outbox::count()->waiting > 1) {
            courier::run();
            $this->clock->bump(60);
            $this->assertLessThan(10 * MINSECS, $this->clock->time() - $begin, 'the others arrive within minutes');
        }
        $this->assertCount(19, array_unique($fake->taken));
        $this->assertCount(19, $fake->taken);
        $fake->poison = '';
        $this->clock->bump(DAYSECS);
        courier::run();
        $this->assertSame('e3', end($fake->taken));
    }

    public function test_while_hearth_is_down_nobody_is_asked_more_than_twice_in_a_run_and_nothing_is_given_up_early(): void {
        $fake = fake_transport::install();
        $fake->poison = 'e0';
        $fake->refusal = 503;
        $this->keep(1);
        for ($run = 0; $run < 12; $run++) {
            $this->keep(1);
            $before = count($fake->sent);
            courier::run();
            $this->assertLessThanOrEqual(2, count($fake->sent) - $before);
            $this->clock->set_to(max((int) endpoint::current()->pauseduntil, $this->clock->time()) + 1);
        }
        $this->assertEquals([13, 0], [outbox::count()->waiting, outbox::count()->givenup]);
        $this->assertSame([], $fake->taken);
        $fake->poison = '';
        $this->clock->bump(2 * DAYSECS);
        courier::run();
        $this->assertCount(13, $fake->taken);
    }

    public function test_gone_stops_and_keeps_everything_until_somebody_says_go_on(): void {
        global $DB;
        $fake = fake_transport::install(new outcome(410));
        $this->keep(2);
        $this->deliver();
        $this->assertCount(1, $fake->sent);
        $this->assertSame('stopped', endpoint::state());
        $this->keep(1);
        $this->assertEquals(0, $DB->count_records('task_adhoc', ['classname' => '\\local_hearth\\task\\deliver']));
        $this->clock->bump(WEEKSECS);
        courier::run();
        $this->assertCount(1, $fake->sent);
        outbox::send_again();
        $this->deliver();
        $this->assertEquals(0, outbox::count()->waiting);
        $this->assertSame(['e0', 'e1', 'e0'], $fake->taken);
    }

    public function test_another_address_gets_what_waits(): void {
        $fake = fake_transport::install(new outcome(410));
        $this->keep(2);
        $this->deliver();
        set_config('url', 'https://hearth.example/webhooks/y', 'local_hearth');
        courier::run();
        $this->assertSame(
            ['https://hearth.example/webhooks/x', 'https://hearth.example/webhooks/y'],
            array_column($fake->sent, 'url'),
        );
        $this->assertSame(['e0', 'e1'], $fake->taken);
    }

    public function test_hearth_can_ask_for_more_time(): void {
        fake_transport::install(new outcome(429, 'HTTP 429', 900));
        $this->keep(1);
        $this->deliver();
        $this->assertEquals($this->clock->time() + 900, endpoint::current()->pauseduntil);
    }

    public function test_wrong_secrets_and_redirects_lose_nothing(): void {
        foreach ([401, 403, 404, 302, 408, 500, 504] as $code) {
            fake_transport::install(new outcome($code));
            $this->keep(1);
            courier::run();
            $this->assertEquals(1, outbox::count()->waiting, "HTTP $code");
            outbox::send_again();
            courier::run();
            $this->assertEquals(0, outbox::count()->waiting);
        }
    }

    public function test_a_copy_of_the_site_sends_nothing_before_somebody_has_said_what_it_is(): void {
        global $CFG;
        $fake = fake_transport::install();
        $this->keep(1);
        $CFG->wwwroot = 'https://staging.example';
        courier::run();
        $this->assertSame('moved', endpoint::state());
        $this->assertSame([], $fake->sent);
        $before = pairing::siteid();
        pairing::stay();
        courier::run();
        $this->assertCount(1, $fake->sent);
        $this->assertSame($before, pairing::siteid());
        $this->keep(1);
        pairing::part();
        $this->assertNotSame($before, pairing::siteid());
        $this->assertSame('none', endpoint::state());
        $this->assertEquals(0, outbox::count()->waiting);
    }

    public function test_a_test_goes_out_at_once_and_starts_a_stopped_address_again(): void {
        $fake = fake_transport::install(new outcome(410));
        $this->keep(1);
        $this->deliver();
        $this->assertTrue(courier::test()->is_success());
        $this->assertSame('test_requested', end($fake->sent) ? $fake->names()[1] : '');
        $this->assertSame('sending', endpoint::state());
    }

    public function test_what_nobody_came_for_is_found(): void {
        global $DB;
        $fake = fake_transport::install();
        $this->keep(1);
        $DB->delete_records('task_adhoc');
        $this->expectOutputRegex('~1~');
        (new retry())->execute();
        $this->assertCount(1, $fake->sent);
    }

    public function test_what_was_sent_is_thrown_away_after_a_week_and_what_was_given_up_after_three_months(): void {
        $fake = fake_transport::install();
        $fake->poison = 'e0';
        $this->keep(2);
        $this->deliver();
        $this->keep(1);
        $this->clock->bump(WEEKSECS + 1);
        (new purge())->execute();
        $count = outbox::count();
        $this->assertSame([1, 1], [$count->waiting, $count->givenup]);
        $this->clock->bump(90 * DAYSECS);
        (new purge())->execute();
        $count = outbox::count();
        $this->assertSame([1, 0], [$count->waiting, $count->givenup], 'what waits is never thrown away');
    }

    public function test_the_request_obeys_the_rules_of_the_site(): void {
        set_config('curlsecurityblockedhosts', "127.0.0.0/8\n");
        $outcome = (new transport())->post('http://127.0.0.1:9/webhooks/x', '{}', []);
        $this->assertSame(0, $outcome->code);
        $this->assertStringContainsString('blocked', $outcome->error);
        $this->assertDebuggingCalled();
    }

    /**
     * Let some things wait.
     *
     * @param int $many
     * @param string $more Something long
     */
    private function keep(int $many, string $more = ''): void {
        for ($number = 0; $number < $many; $number++) {
            $id = \core\uuid::generate();
            $event = ['eventid' => $id, 'eventname' => "\\core\\event\\e$number", 'more' => $more, 'other' => (object) []];
            $data = ['site' => pairing::siteid(), 'clientid' => pairing::clientid(), 'event' => $event];
            $body = ['type' => "moodle.e$number", 'timestamp' => '2026-11-26T21:00:00Z', 'data' => $data];
            outbox::keep($id, "e$number", json_encode($body), 0, 0);
        }
    }

    /**
     * Let cron do its work: what is due, marked as begun before it begins.
     */
    private function deliver(): void {
        ob_start();
        while ($task = manager::get_next_adhoc_task($this->clock->time() + 1, true, deliver::class)) {
            manager::adhoc_task_starting($task);
            $task->execute();
            manager::adhoc_task_complete($task);
        }
        ob_end_clean();
    }
}
