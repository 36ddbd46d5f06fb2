import type { Channel } from './contract';
import type { ScriptedFlow } from './flows';
import type { Transformed } from './serve';

/** Unix time, in seconds. */
type Seconds = number;

export interface Project {
	readonly _id: string;
	readonly name: string;
	readonly color: string;
	readonly createdAt: Seconds;
}

/** A flow of a project, and the script that plays it. */
export interface Flow {
	readonly _id: string;
	readonly referenceId: string;
	readonly name: string;
	readonly projectId: string;
	readonly createdAt: Seconds;
	readonly script: ScriptedFlow;
}

export interface Snapshot {
	readonly _id: string;
	readonly name: string;
	readonly description: string;
	readonly projectId: string;
	readonly createdAt: Seconds;
}

export interface WebhookSettings {
	webhookUrl: string;
	basicAuthUser: string;
	basicAuthPassword: string;
}

export interface Endpoint {
	readonly _id: string;
	URLToken: string;
	readonly channel: Channel;
	readonly projectId: string;
	readonly createdAt: Seconds;
	lastChanged: Seconds;
	name: string;
	active: boolean;
	/** The project, or one of its snapshots. */
	entrypoint: string;
	/** The reference id of a flow. */
	flowId: string;
	localeId: string;
	settings: WebhookSettings;
	/** Those that `X-Webhook-Key` may carry; null: it need not be sent. */
	webhookKeys: string[] | null;
	/** What it stores of what is said: all, with asterisks in the place of texts and data, or nothing. */
	conversations: 'stored' | 'masked' | 'off';
	/** Whether it runs a flow, or an AI agent of version 2. */
	targetType: 'flow' | 'agent';
	/** What its output transformer makes of the answers to REST messages; null: it has none. */
	transformer: Transformed | null;
}

/** What there is in the projects. */
export interface Resources {
	readonly projects: readonly Project[];
	readonly flows: readonly Flow[];
	/** They come and go. */
	snapshots: Snapshot[];
	readonly endpoints: readonly Endpoint[];
}

/** The project of an entrypoint; undefined: it is neither a project nor a snapshot. */
export function projectOfEntrypoint({ projects, snapshots }: Resources, entrypoint: string): string | undefined {
	return (
		projects.find(({ _id }) => _id === entrypoint)?._id ?? snapshots.find(({ _id }) => _id === entrypoint)?.projectId
	);
}

/** What an entrypoint is, for people: the name of the snapshot or `live project`. */
export function deploymentName({ snapshots }: Resources, entrypoint: string): string {
	return snapshots.find(({ _id }) => _id === entrypoint)?.name ?? 'live project';
}
