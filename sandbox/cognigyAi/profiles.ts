import { objectId } from './ids';
import { projectOfEntrypoint, type Resources } from './resources';
import type { Settings } from './options';
import type { Sessions } from './sessions/sessions';

/** What a project knows of a contact (docs/protocol-cognigy-ai.md#contact-profiles). */
export interface Profile {
	readonly [field: string]: unknown;
	readonly _id: string;
	readonly projectId: string;
	profile: Record<string, unknown>;
	active: boolean;
	contactIds: readonly string[];
	/** Unix time, in s. */
	lastChanged: number;
}

export type ProfileChange = Partial<Pick<Profile, 'profile' | 'active' | 'contactIds'>>;

/** The keys that projects have in their profiles unless somebody adds some. */
const DEFAULT_KEYS = [
	...['firstname', 'lastname', 'email', 'gender', 'age', 'birthday', 'location', 'profilepic'],
	...['accepted_gdpr', 'privacy_policy', 'prevent_data_collection', 'tasks', 'memories'],
];

const EMPTY = { firstname: '', lastname: '' };
const EPOCH = 1_760_000_000;

/** The profiles of contacts: one of each who has said something, those that were there before, and those that were made. */
export class Profiles {
	/** The newest first. */
	#all: Profile[];
	/** Who has said something and has got one. */
	readonly #spoken = new Set<string>();
	#made = 0;

	constructor(
		private readonly resources: Resources,
		private readonly sessions: Sessions,
		private readonly settings: Settings,
	) {
		const projectId = resources.projects.find(({ name }) => name === 'Demo')?._id ?? '';
		this.#all = settings.profiles.map(({ contactIds, profile }, index) => ({
			_id: objectId(`profile given ${index}`),
			...{ projectId, contactIds, active: true, lastChanged: EPOCH },
			profile: { ...EMPTY, ...profile },
		}));
	}

	/** Of these projects. */
	all(projectIds: readonly string[]): Profile[] {
		this.#addSpoken();
		return this.#all.filter(({ projectId }) => projectIds.includes(projectId));
	}

	/** Whether one of the contacts has a profile already, other than this one. */
	isTaken(contactIds: readonly string[], projectId: string, own?: Profile): boolean {
		const others = this.all([projectId]).filter((one) => one !== own);
		return others.some((one) => one.contactIds.some((id) => contactIds.includes(id)));
	}

	create(projectId: string, { profile = {}, active = true, contactIds = [] }: ProfileChange): Profile {
		const made: Profile = {
			_id: objectId(`profile made ${this.#made++}`),
			...{ projectId, contactIds, active, lastChanged: this.#now() },
			profile: { ...EMPTY, ...this.#kept(profile) },
		};
		this.#all.unshift(made);
		return made;
	}

	change(one: Profile, { profile, ...rest }: ProfileChange): void {
		const before = this.settings.profilePatch === 'merge' ? one.profile : {};
		if (profile) one.profile = { ...before, ...this.#kept(profile) };
		Object.assign(one, rest, { lastChanged: this.#now() });
	}

	/** With all that was said with its contacts. */
	delete(one: Profile): void {
		this.#all = this.#all.filter((other) => other !== one);
		for (const { userId, sessionId, entrypoint } of this.sessions.all()) {
			const projectId = projectOfEntrypoint(this.resources, entrypoint) ?? '';
			if (projectId !== one.projectId || !one.contactIds.includes(userId)) continue;
			this.sessions.delete({ userId, sessionId });
			this.#spoken.delete(nameOf(userId, projectId));
		}
	}

	/** Cognigy makes one with the first message of a contact. */
	#addSpoken(): void {
		for (const { userId, entrypoint } of this.sessions.all()) {
			const projectId = projectOfEntrypoint(this.resources, entrypoint) ?? '';
			const name = nameOf(userId, projectId);
			if (this.#spoken.has(name)) continue;
			this.#spoken.add(name);
			const isThere = this.#all.some((one) => one.projectId === projectId && one.contactIds.includes(userId));
			if (isThere) continue;
			this.#all.unshift({
				_id: objectId(`profile ${name}`),
				...{ projectId, contactIds: [userId], active: true, lastChanged: EPOCH },
				profile: { ...EMPTY },
			});
		}
	}

	#kept(profile: Readonly<Record<string, unknown>>): Record<string, unknown> {
		if (this.settings.profileKeys === 'any') return { ...profile };
		return Object.fromEntries(Object.entries(profile).filter(([key]) => DEFAULT_KEYS.includes(key)));
	}

	#now(): number {
		return Math.floor(this.settings.now() / 1000);
	}
}

const nameOf = (userId: string, projectId: string) => `of ${userId} in ${projectId}`;
