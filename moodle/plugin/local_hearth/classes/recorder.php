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

require_once($CFG->libdir . '/completionlib.php');

/**
 * Writes down in Moodle what was done in Hearth, each act once.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class recorder {
    /** @var string What names an act, or a calendar entry. */
    public const KEY = '~^[A-Za-z0-9._:/-]{1,100}$~D';
    /** @var string A noun and a participle. */
    private const KIND = '~^[a-z][a-z_]{0,48}\.[a-z][a-z_]{0,48}$~D';
    /** @var int The year 2000: nothing was done before. */
    private const FIRST = 946684800;
    /** @var int How long it is known what was done. Hearth tries for days. */
    private const KEEP = YEARSECS;
    /** @var string[] The kinds that have an event of their own. */
    private const EVENTS = [
        'work.submitted' => event\work_submitted::class,
        'work.withdrawn' => event\work_withdrawn::class,
        'work.self_assessed' => event\work_self_assessed::class,
        'feedback.given' => event\feedback_given::class,
        'feedback.revised' => event\feedback_revised::class,
        'feedback.replied' => event\feedback_replied::class,
        'feedback.appraised' => event\feedback_appraised::class,
        'comparison.given' => event\comparison_given::class,
        'staff_review.given' => event\staff_review_given::class,
        'suggestion.used' => event\suggestion_used::class,
        'message.posted' => event\message_posted::class,
    ];

    /** @var \Closure Makes sure that the caller may act in a context, or throws. */
    private \Closure $enter;

    /**
     * A recorder for one caller.
     *
     * @param \Closure $enter Takes a context; throws where the caller may not act
     */
    public function __construct(\Closure $enter) {
        $this->enter = $enter;
    }

    /**
     * Do one act, as a whole or not at all.
     *
     * @param array $act As the web service takes it
     * @return array key, status, reason, completion
     */
    public function record(array $act): array {
        $result = ['key' => $act['key'], 'status' => 'done', 'reason' => '', 'completion' => ''];
        try {
            if (!preg_match(self::KEY, $act['key'])) {
                throw new refusal('badkey');
            }
            if (self::is_known($act['key'])) {
                return ['status' => 'known'] + $result;
            }
            $place = $this->place($act);
            self::check($act, $place);
            return ['completion' => observer::without_listening(fn(): string => self::write_as_a_whole($act, $place))] + $result;
        } catch (refusal $refusal) {
            return ['status' => 'refused', 'reason' => $refusal->getMessage()] + $result;
        } catch (\Throwable $e) {
            // What was remembered on the way was not kept.
            \cache::make('core', 'completion')->delete($act['userid'] . '_' . $act['courseid']);
            if (self::is_known($act['key'])) {
                // The same act came twice at the same moment.
                return ['status' => 'known'] + $result;
            }
            debugging('local_hearth: ' . $e->getMessage(), DEBUG_DEVELOPER);
            return ['status' => 'failed', 'reason' => get_class($e)] + $result;
        }
    }

    /**
     * Forget what was done long ago.
     */
    public static function purge(): void {
        global $DB;
        $DB->delete_records_select('local_hearth_act', 'timecreated < :before', ['before' => outbox::now() - self::KEEP]);
    }

    /**
     * Whether an act was done before.
     *
     * @param string $key
     * @return bool
     */
    private static function is_known(string $key): bool {
        global $DB;
        return $DB->record_exists('local_hearth_act', ['actkey' => $key]);
    }

    /**
     * Where an act belongs, made sure that the caller may act there.
     *
     * @param array $act
     * @return \stdClass course, cm (null for the course as a whole), context
     * @throws refusal
     */
    private function place(array $act): \stdClass {
        global $DB;
        $course = $act['courseid'] == SITEID ? false : $DB->get_record('course', ['id' => $act['courseid']]);
        if (!$course) {
            throw new refusal('nocourse');
        }
        $context = \context_course::instance($course->id);
        $cm = null;
        if ($act['resourcelinkid']) {
            $instance = $DB->get_record('lti', ['id' => $act['resourcelinkid'], 'course' => $course->id], 'id, typeid');
            $modinfo = $instance ? get_fast_modinfo($course) : null;
            $cm = $modinfo ? ($modinfo->get_instances_of('lti')[$instance->id] ?? null) : null;
            if (!$cm || $cm->deletioninprogress) {
                throw new refusal('noactivity');
            }
            if ($instance->typeid != pairing::tool()->id) {
                throw new refusal('othertool');
            }
            $context = \context_module::instance($cm->id);
        } else if (!pairing::uses_tool((int) $course->id)) {
            throw new refusal('othertool');
        }
        try {
            ($this->enter)($context);
        } catch (\dml_exception $e) {
            // The database, and no answer to who may act here: it may be tried again.
            throw $e;
        } catch (\moodle_exception $e) {
            throw new refusal('notallowed');
        }
        return (object) ['course' => $course, 'cm' => $cm, 'context' => $context];
    }

    /**
     * Refuse what makes no sense.
     *
     * @param array $act
     * @param \stdClass $place
     * @throws refusal
     */
    private static function check(array $act, \stdClass $place): void {
        if ($act['kind'] !== '' && !preg_match(self::KIND, $act['kind'])) {
            throw new refusal('badkind');
        }
        if ($act['time'] < self::FIRST || $act['time'] > outbox::now() + DAYSECS) {
            throw new refusal('badtime');
        }
        if (
            !in_array($act['completion'], ['', 'complete', 'incomplete'], true)
            || ($act['completion'] !== '' && (!$place->cm || !$act['userid']))
        ) {
            throw new refusal('badcompletion');
        }
        foreach (array_filter([$act['userid'], $act['relateduserid']]) as $userid) {
            self::require_person((int) $userid, $place);
        }
        foreach ($act['calendar'] as $entry) {
            calendar::check($entry, $place);
            // What is taken back may be of somebody who has left.
            if ($entry['userid'] && $entry['timestart']) {
                self::require_person((int) $entry['userid'], $place);
            }
        }
    }

    /**
     * Refuse whoever is not in the course.
     *
     * @param int $userid
     * @param \stdClass $place
     * @throws refusal
     */
    private static function require_person(int $userid, \stdClass $place): void {
        $person = \core_user::get_user($userid);
        if (!$person || $person->deleted || isguestuser($person)) {
            throw new refusal('nouser');
        }
        $iscourse = is_enrolled(\context_course::instance($place->course->id), $userid);
        if (!$iscourse && !is_viewing($place->context, $userid) && !is_siteadmin($userid)) {
            throw new refusal('notenrolled');
        }
    }

    /**
     * Write all of it, or nothing.
     *
     * @param array $act
     * @param \stdClass $place
     * @return string What became of completion
     */
    private static function write_as_a_whole(array $act, \stdClass $place): string {
        global $DB;
        $transaction = $DB->start_delegated_transaction();
        try {
            $completion = self::write($act, $place);
            $transaction->allow_commit();
            return $completion;
        } catch (\Throwable $e) {
            // Throws it again.
            $transaction->rollback($e);
        }
    }

    /**
     * Write all of it.
     *
     * @param array $act
     * @param \stdClass $place
     * @return string What became of completion
     */
    private static function write(array $act, \stdClass $place): string {
        global $DB;
        $isolder = $act['completion'] !== '' && self::has_younger($act, $place);
        $DB->insert_record('local_hearth_act', [
            'actkey' => $act['key'],
            'kind' => $act['kind'],
            'courseid' => $place->course->id,
            'cmid' => $place->cm->id ?? 0,
            'userid' => $act['userid'],
            'relateduserid' => $act['relateduserid'],
            'completion' => $act['completion'] === '' ? null : $act['completion'],
            'timeacted' => $act['time'],
            'timecreated' => outbox::now(),
        ]);
        if ($act['kind'] !== '') {
            self::fire($act, $place);
        }
        foreach ($act['calendar'] as $entry) {
            calendar::write($entry, $place, (int) $act['time']);
        }
        if ($act['completion'] === '') {
            return '';
        }
        return $isolder ? 'older' : self::complete($act, $place);
    }

    /**
     * Let it stand in Moodle's log.
     *
     * @param array $act
     * @param \stdClass $place
     */
    private static function fire(array $act, \stdClass $place): void {
        $class = self::EVENTS[$act['kind']] ?? event\act_recorded::class;
        $class::create([
            'context' => $place->context,
            'userid' => $act['userid'],
            'relateduserid' => $act['relateduserid'] ?: null,
            'anonymous' => $act['anonymous'] ? 1 : 0,
            'other' => ['kind' => $act['kind'], 'number' => $act['objectid'], 'timeacted' => $act['time']],
        ])->trigger();
    }

    /**
     * Whether a younger act has said how far somebody is.
     *
     * @param array $act
     * @param \stdClass $place
     * @return bool
     */
    private static function has_younger(array $act, \stdClass $place): bool {
        global $DB;
        return $DB->record_exists_select(
            'local_hearth_act',
            'cmid = :cmid AND userid = :userid AND completion IS NOT NULL AND timeacted > :time',
            ['cmid' => $place->cm->id, 'userid' => $act['userid'], 'time' => $act['time']],
        );
    }

    /**
     * Say how far somebody is.
     *
     * @param array $act
     * @param \stdClass $place
     * @return string set, same or off
     */
    private static function complete(array $act, \stdClass $place): string {
        $completion = new \completion_info($place->course);
        if (!$completion->is_enabled($place->cm)) {
            return 'off';
        }
        $wanted = $act['completion'] === 'complete' ? COMPLETION_COMPLETE : COMPLETION_INCOMPLETE;
        $before = self::state($completion, $place->cm, (int) $act['userid']);
        // What completes by conditions is set over them, as a teacher can do it.
        $isover = $place->cm->completion == COMPLETION_TRACKING_AUTOMATIC;
        $completion->update_state($place->cm, $wanted, $act['userid'], $isover);
        return self::state($completion, $place->cm, (int) $act['userid']) === $before ? 'same' : 'set';
    }

    /**
     * How far somebody is now.
     *
     * @param \completion_info $completion
     * @param \cm_info $cm
     * @param int $userid
     * @return int
     */
    private static function state(\completion_info $completion, \cm_info $cm, int $userid): int {
        return (int) $completion->get_data($cm, false, $userid)->completionstate;
    }
}
