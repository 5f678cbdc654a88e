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

require_once($CFG->dirroot . '/webservice/lib.php');
require_once($CFG->dirroot . '/user/lib.php');
require_once($CFG->libdir . '/accesslib.php');

/**
 * What lets Hearth call this Moodle: a user who cannot sign in, a role with only what is needed, and a token.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class way_back {
    /** @var string The user, and the role. */
    private const NAME = 'hearth_service';

    /** @var string[] What the role may do, and why. */
    private const MAY = [
        'webservice/rest:use', // Call at all.
        'local/hearth:readstatus',
        'local/hearth:recordactivity',
        'local/hearth:readgroups',
        'moodle/course:view', // Enter courses without being enrolled.
        'moodle/course:viewhiddencourses',
        'moodle/course:viewhiddenactivities', // Act for people while an activity is hidden.
        'moodle/course:ignoreavailabilityrestrictions',
        'mod/lti:view', // Without it no activity of the tool is there at all.
        'moodle/course:overridecompletion', // Complete what has conditions of its own.
    ];

    /**
     * Open it, or open it anew: a token that was there before is no longer good.
     *
     * @return string The new token
     */
    public static function open(): string {
        global $DB;
        self::allow_rest();
        $context = \context_system::instance();
        $userid = self::user();
        role_assign(self::role(), $userid, $context->id);
        $service = $DB->get_record('external_services', ['shortname' => 'local_hearth'], '*', MUST_EXIST);
        if (!$service->enabled) {
            $DB->set_field('external_services', 'enabled', 1, ['id' => $service->id]);
        }
        $allowed = ['externalserviceid' => $service->id, 'userid' => $userid];
        if (!$DB->record_exists('external_services_users', $allowed)) {
            (new \webservice())->add_ws_authorised_user((object) $allowed);
        }
        $DB->delete_records('external_tokens', $allowed);
        return \core_external\util::generate_token(EXTERNAL_TOKEN_PERMANENT, $service, $userid, $context, 0, '', 'Hearth');
    }

    /**
     * Whether there is a token, and what stands for it.
     *
     * @return bool
     */
    public static function is_open(): bool {
        global $DB;
        $service = $DB->get_record('external_services', ['shortname' => 'local_hearth', 'enabled' => 1]);
        return $service && !empty(get_config('core', 'enablewebservices'))
            && $DB->record_exists('external_tokens', ['externalserviceid' => $service->id]);
    }

    /**
     * Close it: no token is good any more, and the user and the role are gone.
     */
    public static function close(): void {
        global $CFG, $DB;
        $service = $DB->get_record('external_services', ['shortname' => 'local_hearth']);
        if ($service) {
            $DB->delete_records('external_tokens', ['externalserviceid' => $service->id]);
            $DB->delete_records('external_services_users', ['externalserviceid' => $service->id]);
        }
        $user = $DB->get_record('user', ['username' => self::NAME, 'mnethostid' => $CFG->mnet_localhost_id, 'deleted' => 0]);
        if ($user) {
            delete_user($user);
        }
        $roleid = $DB->get_field('role', 'id', ['shortname' => self::NAME]);
        if ($roleid) {
            delete_role($roleid);
        }
    }

    /**
     * Switch web services on, and the one way of calling them that Hearth uses.
     */
    private static function allow_rest(): void {
        set_config('enablewebservices', 1);
        $protocols = array_filter(explode(',', (string) get_config('core', 'webserviceprotocols')));
        if (!in_array('rest', $protocols, true)) {
            set_config('webserviceprotocols', implode(',', [...$protocols, 'rest']));
        }
    }

    /**
     * The user, made when there is none.
     *
     * @return int
     */
    private static function user(): int {
        global $CFG, $DB;
        $known = ['username' => self::NAME, 'mnethostid' => $CFG->mnet_localhost_id, 'deleted' => 0];
        $id = $DB->get_field('user', 'id', $known);
        if ($id) {
            $DB->set_field('user', 'suspended', 0, ['id' => $id]);
            return (int) $id;
        }
        return (int) user_create_user((object) ($known + [
            'auth' => 'webservice', // Of those who can only call, and never sign in.
            'confirmed' => 1,
            'policyagreed' => 1,
            'firstname' => 'Hearth',
            'lastname' => get_string('serviceuser', 'local_hearth'),
            'email' => self::NAME . '@hearth.invalid',
            'emailstop' => 1,
            'password' => AUTH_PASSWORD_NOT_CACHED,
        ]), false);
    }

    /**
     * The role, made when there is none, with what it may do brought up to date.
     *
     * @return int
     */
    private static function role(): int {
        global $DB;
        $roleid = $DB->get_field('role', 'id', ['shortname' => self::NAME]);
        if (!$roleid) {
            $roleid = create_role(
                get_string('servicerole', 'local_hearth'),
                self::NAME,
                get_string('servicerole_desc', 'local_hearth'),
            );
            set_role_contextlevels($roleid, [CONTEXT_SYSTEM]);
        }
        foreach (self::MAY as $capability) {
            assign_capability($capability, CAP_ALLOW, $roleid, \context_system::instance(), true);
        }
        return (int) $roleid;
    }
}
