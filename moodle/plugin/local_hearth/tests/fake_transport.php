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
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class fake_transport extends transport {
    /** @var \stdClass[] url, body, headers of each request */
    public array $sent = [];

    /** @var string[] The events that were taken, by name */
    public array $taken = [];

    /** @var outcome[] What the next requests are answered with; 202 when it is used up */
    public array $answers = [];

    /** @var string An event that is never taken, alone or among others; '' for none */
    public string $poison = '';

    /** @var int The status with which it is refused */
    public int $refusal = 400;

    /** @var int More events than this at once are too many; 0 for no bound */
    public int $most = 0;

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
        if ($this->answers) {
            return array_shift($this->answers);
        }
        $names = self::told($body);
        if ($this->most && count($names) > $this->most) {
            return new outcome(413);
        }
        if (in_array($this->poison, $names, true)) {
            return new outcome($this->refusal);
        }
        $this->taken = [...$this->taken, ...$names];
        return new outcome(202);
    }

    /**
     * The events that were sent, by name and by request.
     *
     * @return string[][]
     */
    public function posts(): array {
        return array_map(fn(\stdClass $each): array => self::told($each->body), $this->sent);
    }

    /**
     * The events that were sent, by name, as often as they were.
     *
     * @return string[]
     */
    public function names(): array {
        return array_merge([], ...$this->posts());
    }

    /**
     * What a body tells.
     *
     * @param string $body
     * @return string[]
     */
    private static function told(string $body): array {
        $data = json_decode($body)->data;
        $short = fn(\stdClass $each): string => basename(strtr($each->eventname, '\\', '/'));
        return array_map($short, $data->events ?? [$data->event]);
    }
}
