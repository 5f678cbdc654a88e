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

require_once($CFG->libdir . '/filelib.php');

/**
 * One request over the network, by the rules that the site has for them.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class transport {
    /** @var int Seconds to wait for an answer. */
    private const TIMEOUT = 20;
    /** @var int Seconds to wait for a connection. */
    private const CONNECT = 5;

    /**
     * Post a body.
     *
     * @param string $url
     * @param string $body
     * @param string[] $headers
     * @return outcome
     */
    public function post(string $url, string $body, array $headers): outcome {
        global $CFG;
        $plugin = \core_plugin_manager::instance()->get_plugin_info('local_hearth');
        $curl = new \curl();
        $curl->setHeader([...$headers, 'Content-Type: application/json', 'Expect:']);
        $answer = $curl->post($url, $body, [
            'CURLOPT_FOLLOWLOCATION' => false,
            'CURLOPT_TIMEOUT' => self::TIMEOUT,
            'CURLOPT_CONNECTTIMEOUT' => self::CONNECT,
            'CURLOPT_USERAGENT' => 'local_hearth/' . ($plugin->release ?? '') . ' (Moodle ' . moodle_major_version() . ')',
        ]);
        $code = (int) ($curl->get_info()['http_code'] ?? 0);
        if ($curl->get_errno() || $code === 0) {
            return new outcome(0, clean_param((string) ($curl->error ?: $answer), PARAM_TEXT));
        }
        $ok = $code >= 200 && $code < 300;
        return new outcome($code, $ok ? '' : "HTTP $code", self::seconds($curl->getResponse()));
    }

    /**
     * How long the other side asks to wait.
     *
     * @param array $headers
     * @return int seconds
     */
    private static function seconds(array $headers): int {
        $told = array_change_key_case($headers)['retry-after'] ?? '';
        $told = is_array($told) ? (string) end($told) : trim((string) $told);
        if (ctype_digit($told)) {
            return strlen($told) < 9 ? (int) $told : DAYSECS;
        }
        $at = $told === '' ? false : strtotime($told);
        return $at === false ? 0 : max(0, $at - outbox::now());
    }
}
