import { PERMISSIONS as allPermissions, type Permission } from './contract';

export interface SandboxUser {
	readonly username: string;
	password: string;
	permissions: readonly Permission[];
}

/** The people who can log in. Their passwords and permissions can be changed while the sandbox runs. */
export class Users {
	readonly #byName: ReadonlyMap<string, SandboxUser>;

	constructor() {
		const users: SandboxUser[] = [
			{ username: 'demo', password: 'demo-password', permissions: allPermissions },
			{ username: 'reader', password: 'reader-password', permissions: ['bot:read', 'session:manage'] },
			{ username: 'starter', password: 'starter-password', permissions: ['bot:execute', 'session:manage'] },
		];
		this.#byName = new Map(users.map((user) => [user.username, user]));
	}

	get(username: string): SandboxUser | undefined {
		return this.#byName.get(username);
	}

	all(): SandboxUser[] {
		return [...this.#byName.values()];
	}

	/** For logins to come; tokens that were issued before stay valid. */
	setPassword(username: string, password: string): void {
		this.#mustGet(username).password = password;
	}

	/** Takes effect at once, also for tokens that were issued before. */
	setPermissions(username: string, permissions: readonly Permission[]): void {
		this.#mustGet(username).permissions = [...permissions];
	}

	#mustGet(username: string): SandboxUser {
		const user = this.#byName.get(username);
		if (!user) throw new Error(`The sandbox has no user "${username}".`);
		return user;
	}
}
