/** What a key is good for right now. */
export const KEY_STATES = ['valid', 'expired', 'revoked'] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** Which role for the profiles of contacts a user has: `contact_profile_viewer` and so on. */
export type ProfileRole = 'none' | 'viewer' | 'editor' | 'admin';

/** An API key, and the user that it acts for. */
export interface ApiKey {
	/** What logs and journal call it. */
	readonly name: string;
	readonly key: string;
	/** The names of the projects that its user is a member of. */
	readonly projects: readonly string[];
	/** Whether its user has the role `conversationHistory` in them. */
	readonly readsConversations: boolean;
	readonly profiles: ProfileRole;
	/** Whether its user has the roles `snapshot_admin`, `endpoint_admin` and `packages_admin` in them. */
	readonly releases: boolean;
	state: KeyState;
}

/** The keys of the management API. They are no secret, and the same ones in every run. */
export class ApiKeys {
	readonly #keys: readonly ApiKey[] = [
		{
			name: 'demo',
			key: 'demo-api-key-5f1c7a9e2b',
			projects: ['Demo', 'Other'],
			readsConversations: true,
			profiles: 'admin',
			releases: true,
			state: 'valid',
		},
		{
			name: 'member',
			key: 'member-api-key-83d0c4e6',
			projects: ['Demo'],
			readsConversations: false,
			profiles: 'none',
			releases: false,
			state: 'valid',
		},
		{
			name: 'viewer',
			key: 'viewer-api-key-2c9e07f1',
			projects: ['Demo'],
			readsConversations: true,
			profiles: 'viewer',
			releases: false,
			state: 'valid',
		},
		{
			name: 'editor',
			key: 'editor-api-key-b4d86a53',
			projects: ['Demo'],
			readsConversations: true,
			profiles: 'editor',
			releases: false,
			state: 'valid',
		},
		{
			name: 'outsider',
			key: 'outsider-api-key-a71b95',
			projects: [],
			readsConversations: true,
			profiles: 'admin',
			releases: true,
			state: 'valid',
		},
	];

	all(): readonly ApiKey[] {
		return this.#keys;
	}

	find(key: string): ApiKey | undefined {
		return this.#keys.find((known) => known.key === key);
	}

	/** Takes effect at once. Throws when there is no such key. */
	setState(name: string, state: KeyState): void {
		const key = this.#keys.find((known) => known.name === name);
		if (!key) throw new Error(`The sandbox has no API key "${name}".`);
		key.state = state;
	}
}
