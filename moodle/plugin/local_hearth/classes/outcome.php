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
 * What came back from one attempt to tell something.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class outcome {
    /**
     * One answer.
     *
     * @param int $code The HTTP status; 0 when there was no answer
     * @param string $error Why it did not work, in the words of whoever refused it
     * @param int $retryafter Seconds that the other side asked to wait
     */
    public function __construct(
        /** @var int The HTTP status; 0 when there was no answer */
        public readonly int $code,
        /** @var string Why it did not work */
        public readonly string $error = '',
        /** @var int Seconds that the other side asked to wait */
        public readonly int $retryafter = 0,
    ) {
    }

    /**
     * Whether it arrived.
     *
     * @return bool
     */
    public function is_success(): bool {
        return $this->code >= 200 && $this->code < 300;
    }

    /**
     * Whether the address is gone for good.
     *
     * @return bool
     */
    public function is_gone(): bool {
        return $this->code === 410;
    }

    /**
     * Whether it was refused for what it is, and would be refused again.
     *
     * @return bool
     */
    public function is_refused(): bool {
        return in_array($this->code, [400, 413, 422], true);
    }

    /**
     * Whether it was too much at once.
     *
     * @return bool
     */
    public function is_too_large(): bool {
        return $this->code === 413;
    }

    /**
     * In words.
     *
     * @return string
     */
    public function describe(): string {
        if ($this->code === 0) {
            return get_string('noanswer', 'local_hearth', $this->error);
        }
        $known = [401, 404, 410];
        $which = in_array($this->code, $known, true) ? 'answer' . $this->code : 'answerother';
        return $this->is_success() ? get_string('arrived', 'local_hearth') : get_string($which, 'local_hearth', $this->code);
    }
}
