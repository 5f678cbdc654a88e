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
 * Signatures of Standard Webhooks 1.0.0.
 *
 * @package    local_hearth
 * @copyright  2026 The Hearth project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class signature {
    /** @var string What a secret begins with. */
    private const PREFIX = 'whsec_';

    /**
     * The key in a secret, or null for what is no secret.
     *
     * @param string $secret
     * @return string|null
     */
    public static function key(string $secret): ?string {
        $told = str_starts_with($secret, self::PREFIX) ? substr($secret, strlen(self::PREFIX)) : $secret;
        $key = base64_decode($told, true);
        return $key !== false && strlen($key) >= 24 && strlen($key) <= 64 ? $key : null;
    }

    /**
     * The headers of one attempt.
     *
     * @param string $secret
     * @param string $id The same for each attempt
     * @param int $at When this attempt is made
     * @param string $body
     * @return string[]
     */
    public static function headers(string $secret, string $id, int $at, string $body): array {
        $signed = base64_encode(hash_hmac('sha256', "$id.$at.$body", (string) self::key($secret), true));
        return ["webhook-id: $id", "webhook-timestamp: $at", "webhook-signature: v1,$signed"];
    }
}
