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
 * Answers as it was told to, and remembers what it was sent.
 *
 * @package    local_hearth
 * @category   test
 * @copyright  2026 The Hearth project
 * @license    https://www.gnu.org/licenses/gpl-3.0.html GNU GPL v3 or later
 */
class fake_transport extends transport {
    /** @var \stdClass[] url, body, headers of each request */
    public array $sent = [];

    /** @var outcome[] What the next requests are answered with; 202 when it is used up */
    public array $answers = [];

    /**
     * Take its place in the plugin.
     *
     * @param outcome ...$answers
     * @return self
     */
    public static function install(outcome ...$answers): self {
        $fake = new self();
        $fake->answers = $answers;
        \core\di::set(transport::class, $fake);
        return $fake;
    }

    /**
     * Remember and answer.
     *
     * @param string $url
     * @param string $body
     * @param string[] $headers
     * @return outcome
     */
    public function post(string $url, string $body, array $headers): outcome {
        $named = [];
        foreach ($headers as $header) {
            [$name, $value] = explode(': ', $header, 2);
            $named[$name] = $value;
        }
        $this->sent[] = (object) ['url' => $url, 'body' => $body, 'headers' => $named];
        return array_shift($this->answers) ?? new outcome(202);
    }

    /**
     * The events that were sent, by name.
     *
     * @return string[]
     */
    public function names(): array {
        return array_map(fn(\stdClass $each): string => json_decode($each->body)->type, $this->sent);
    }
}
