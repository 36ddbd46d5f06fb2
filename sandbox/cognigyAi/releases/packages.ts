import { createHash, randomBytes } from 'node:crypto';
import { objectId } from '../ids';
import type { Settings } from '../options';
import { zipOf } from './zip';

interface Package {
	readonly _id: string;
	readonly projectId: string;
	readonly name: string;
	readonly resourceIds: readonly string[];
	/** How many questions for its link are still answered with a conflict. */
	notReady: number;
	placeholders: number;
}

interface Link {
	package: Package;
	/** In ms. */
	expiresAt: number;
}

const LINK_MS = 24 * 60 * 60_000;

/** Packages, and the links to their files: each works once, for a day. */
export class Packages {
	/** Where links may point to. */
	hosts = { api: '', other: '' };
	readonly #settings: Settings;
	readonly #packages = new Map<string, Package>();
	readonly #links = new Map<string, Link>();

	constructor(settings: Settings) {
		this.#settings = settings;
	}

	add(projectId: string, name: string, resourceIds: readonly string[]): string {
		const _id = objectId(`package ${this.#packages.size}`);
		const { linkNotReady: notReady, placeholderDownloads: placeholders } = this.#settings;
		this.#packages.set(_id, { _id, projectId, name, resourceIds, notReady, placeholders });
		return _id;
	}

	find(id: string): Package | undefined {
		return this.#packages.get(id);
	}

	/** @returns undefined while it is not ready */
	link(one: Package): string | undefined {
		if (one.notReady > 0) {
			one.notReady--;
			return undefined;
		}
		const token = this.#token(one);
		const { downloadOrigin, downloadRedirect } = this.#settings;
		return `${this.hosts[downloadRedirect ? 'api' : downloadOrigin]}/new/downloads/${token}`;
	}

	/** Where a link of the API hands on to; undefined: nowhere. */
	redirect(token: string): string | undefined {
		const { downloadRedirect, downloadOrigin } = this.#settings;
		const link = this.#links.get(token);
		if (!downloadRedirect || !link) return undefined;
		this.#links.delete(token);
		return `${this.hosts[downloadOrigin]}/new/downloads/${this.#token(link.package)}`;
	}

	/** The file of a link, which then works no more; undefined: it does not work. */
	take(token: string): { name: string; bytes: Buffer } | undefined {
		const link = this.#links.get(token);
		if (!link || link.expiresAt <= this.#settings.now()) return undefined;
		this.#links.delete(token);
		const { name, resourceIds, _id } = link.package;
		if (link.package.placeholders-- > 0) return { name, bytes: Buffer.from('csnap') };
		const padding = 'x'.repeat(this.#settings.packageBytes);
		const content = JSON.stringify({ _id, name, resourceIds, hash: hashOf(resourceIds), padding });
		return { name, bytes: zipOf('package.json', Buffer.from(content)) };
	}

	#token(one: Package): string {
		const token = randomBytes(24).toString('hex');
		this.#links.set(token, { package: one, expiresAt: this.#settings.now() + LINK_MS });
		return token;
	}
}

function hashOf(ids: readonly string[]): string {
	return createHash('sha256').update(ids.join()).digest('hex');
}
