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
 * How many events go into the next message: many while all is well, one after trouble, and fewer and fewer to find the
 * one among many that is refused.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class stride {
    /** @var int How many events go into one message at most. */
    public const MOST = 100;

    /** @var int What the other side takes at once, as far as it is known. */
    private int $most = self::MOST;

    /** @var int How many go next, where none of them is suspected. */
    private int $size;

    /** @var int Among so many of the next is one that is refused; 0 where nothing is known. */
    private int $among = 0;

    /**
     * At the beginning of a shift.
     *
     * @param bool $iscareful Whether the last attempt failed: then one goes first, and all the others only if it arrives
     */
    public function __construct(bool $iscareful) {
        $this->size = $iscareful ? 1 : self::MOST;
    }

    /**
     * How many may go next.
     *
     * @return int
     */
    public function next(): int {
        return $this->among ? max(1, intdiv($this->among, 2)) : $this->size;
    }

    /**
     * So many have arrived.
     *
     * @param int $many
     */
    public function arrived(int $many): void {
        if ($this->among) {
            $this->among = max(0, $this->among - $many);
        } else {
            $this->size = min(2 * $this->size, $this->most);
        }
    }

    /**
     * So many were refused, for one of them or for being too many.
     *
     * @param int $many
     * @param bool $istoolarge Whether the other side said that it was too much at once
     */
    public function refused(int $many, bool $istoolarge): void {
        $this->among = $many > 1 ? $many : 0;
        if ($istoolarge) {
            $this->most = max(1, min($this->most, intdiv($many, 2)));
            $this->size = min($this->size, $this->most);
        }
    }
}
