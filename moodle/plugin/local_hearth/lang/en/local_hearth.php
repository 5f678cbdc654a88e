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
 * Strings in English.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['again_done'] = 'Whatever waits goes out with the next run of cron.';
$string['answer401'] = 'Hearth did not believe that this came from here. Most likely the secret is not the one that belongs to the address.';
$string['answer404'] = 'Hearth does not know this address, or it is paused there.';
$string['answer410'] = 'Hearth says that this address is gone for good. Ask for a new one.';
$string['answerother'] = 'Something answered, but not as Hearth does when all is well (HTTP {$a}). Look whether the address is right.';
$string['arrived'] = 'It arrived. Hearth can hear this Moodle.';
$string['cachedef_courses'] = 'Which courses use Hearth';
$string['check_delivery'] = 'Hearth hears of what happens here';
$string['clientid'] = 'Hearth among the external tools';
$string['clientid_desc'] = 'Only courses with an activity of this tool are told of, and only its activities can be completed by Hearth. If it is not in the list, register Hearth first: Plugins, External tool, Manage tools.';
$string['clientid_none'] = 'None chosen yet';
$string['close_done'] = 'The way back is closed. Hearth cannot write anything here any more.';
$string['connection'] = 'Connection';
$string['connection_link'] = 'How is the connection doing?';
$string['counts'] = 'Waiting: {$a->waiting}. Given up: {$a->givenup}.';
$string['do_again'] = 'Send again what waits or was given up';
$string['do_close'] = 'Close the way back';
$string['do_open'] = 'Make a token for Hearth';
$string['do_part'] = 'It is a copy: give it an id of its own';
$string['do_stay'] = 'It is the same site, at a new address';
$string['do_test'] = 'Send a test';
$string['event_act_recorded'] = 'Something was done in Hearth';
$string['event_comparison_given'] = 'Works were compared in Hearth';
$string['event_feedback_appraised'] = 'Feedback was appraised in Hearth';
$string['event_feedback_given'] = 'Feedback was given in Hearth';
$string['event_feedback_replied'] = 'Feedback was answered in Hearth';
$string['event_feedback_revised'] = 'Feedback was changed in Hearth';
$string['event_message_posted'] = 'A message was posted in Hearth';
$string['event_staff_review_given'] = 'A teacher gave feedback in Hearth';
$string['event_suggestion_used'] = 'A suggestion was used in Hearth';
$string['event_work_self_assessed'] = 'Own work was assessed in Hearth';
$string['event_work_submitted'] = 'Work was handed in in Hearth';
$string['event_work_withdrawn'] = 'Work was taken back in Hearth';
$string['events'] = 'What Hearth is told';
$string['events_desc'] = 'Those ticked at first keep courses, people and groups in Hearth up to date. The others only make it chattier.';
$string['everywhere'] = 'Tell of all courses';
$string['everywhere_desc'] = 'Also of courses without an activity of Hearth. It is hardly ever needed.';
$string['fromhearth'] = 'From Hearth to Moodle';
$string['givenup'] = 'Given up';
$string['hearth:readgroups'] = 'Let Hearth read the groups of a course';
$string['hearth:readstatus'] = 'Let Hearth read how the connection is doing';
$string['hearth:recordactivity'] = 'Let Hearth write into log, completion and calendar';
$string['intro'] = 'Hearth asks for an address and a secret to send events to. Both come from "hearth webhooks add" on its own machine.';
$string['lasterror'] = 'What was in the way';
$string['lastsuccess'] = 'Last arrived';
$string['names'] = 'Tell names';
$string['names_desc'] = 'Send the full name with the news that somebody changed it. Without this only numbers are sent, and Hearth asks for the name by way of LTI.';
$string['noanswer'] = 'Nobody answered ({$a}). If Hearth is inside your network or on an unusual port, look at Security, HTTP security.';
$string['nocourse'] = 'There is no such course.';
$string['notaddress'] = 'This is not an address that can be sent to.';
$string['notpaired'] = 'This is not the tool that was chosen as Hearth here.';
$string['notsafe'] = 'The address has to begin with https://, as this site does.';
$string['notsecret'] = 'This is not a whole secret. It begins with whsec_ and is about fifty characters long.';
$string['othertool'] = 'This course has no activity of the chosen tool.';
$string['part_done'] = 'This site has an id of its own now, and sends nothing until address and secret are set for it.';
$string['pauseduntil'] = 'Tried again at';
$string['pluginname'] = 'Hearth';
$string['privacy:metadata:act'] = 'What Hearth told this site that people did, so that nothing is done twice';
$string['privacy:metadata:act:completion'] = 'What was said of how far the person is';
$string['privacy:metadata:act:kind'] = 'What was done';
$string['privacy:metadata:act:relateduserid'] = 'Whom it concerned';
$string['privacy:metadata:act:timeacted'] = 'When it was done';
$string['privacy:metadata:act:userid'] = 'Who did it';
$string['privacy:metadata:calendar'] = 'Which calendar entries Hearth made for one person';
$string['privacy:metadata:calendar:ref'] = 'What Hearth calls the entry';
$string['privacy:metadata:calendar:timeacted'] = 'When it was written';
$string['privacy:metadata:calendar:userid'] = 'Whose entry it is';
$string['privacy:metadata:hearth'] = 'Hearth is told who joined or left a course, changed groups or was renamed';
$string['privacy:metadata:hearth:courseid'] = 'The number of the course';
$string['privacy:metadata:hearth:event'] = 'What happened, and when';
$string['privacy:metadata:hearth:fullname'] = 'The name, where the site sends names';
$string['privacy:metadata:hearth:userid'] = 'The numbers of who did it and whom it concerns';
$string['privacy:metadata:outbox'] = 'What waits to be told to Hearth, and for a while what was told';
$string['privacy:metadata:outbox:eventname'] = 'What happened';
$string['privacy:metadata:outbox:payload'] = 'What Hearth is told of it';
$string['privacy:metadata:outbox:relateduserid'] = 'Whom it concerns';
$string['privacy:metadata:outbox:timecreated'] = 'When it happened';
$string['privacy:metadata:outbox:userid'] = 'Who did it';
$string['privacy:path:acts'] = 'Done in Hearth';
$string['privacy:path:calendar'] = 'Calendar entries of Hearth';
$string['privacy:path:told'] = 'Told to Hearth';
$string['secret'] = 'Secret';
$string['secret_desc'] = 'It begins with whsec_. With it Hearth knows that events come from here.';
$string['servicerole'] = 'Hearth service';
$string['servicerole_desc'] = 'For the user whose token Hearth has: write into log, completion and calendar, and read groups. Do not give it to people.';
$string['serviceuser'] = 'service';
$string['settings'] = 'Settings';
$string['siteid'] = 'The id of this site';
$string['state_moved'] = 'This site has another address than before, so nothing is sent. Is it a copy, or has it moved?';
$string['state_none'] = 'Nothing is sent yet: address and secret are missing in the settings.';
$string['state_paused'] = 'The last attempt did not arrive. It goes on by itself, and nothing is lost meanwhile.';
$string['state_quiet'] = 'Hearth is told of nothing: in the settings no tool is chosen, or nothing is ticked.';
$string['state_sending'] = 'All is well: Hearth is told of what happens.';
$string['state_stopped'] = 'Hearth has said that this address is gone, so nothing is sent there. Whatever happens is kept until you give another address or send again.';
$string['stay_done'] = 'Good. It goes on from here.';
$string['task_arrived'] = 'Told to Hearth: {$a}';
$string['task_deliver'] = 'Tell Hearth what happened';
$string['task_purge'] = 'Throw away what was told to Hearth long ago';
$string['task_retry'] = 'Look whether something still waits to be told to Hearth';
$string['tohearth'] = 'From Moodle to Hearth';
$string['token_once'] = 'Copy this token into Hearth now. It is shown only this once.';
$string['toomanyacts'] = 'No more than {$a} acts in one call.';
$string['tosettings'] = 'Settings of Hearth';
$string['url'] = 'Address';
$string['url_desc'] = 'Where events are sent to. It has the word webhooks in it.';
$string['waiting'] = 'Waiting';
$string['way_closed'] = 'Hearth cannot write anything here yet. A token lets it write into the log, complete activities and put dates into the calendar. Making one switches web services on, and makes a user who cannot sign in and a role that allows only this.';
$string['way_open'] = 'Hearth has a token: what is done there stands in the log here, completes activities and puts dates into the calendar. A new token ends the old one at once.';
