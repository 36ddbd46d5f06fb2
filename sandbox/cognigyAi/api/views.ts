import { createHash } from 'node:crypto';
import { objectId, referenceId } from '../ids';
import type { Settings } from '../options';
import type { Endpoint, Flow, Project, Snapshot } from '../resources';
import type { Item } from './pages';

/**
 * What the management API shows of a resource. None but the project names its project
 * (docs/protocol-cognigy-ai.md#endpoints).
 */

const createdBy = objectId('user');

export function projectView({ _id, name, color, createdAt }: Project): Item {
	const primaryLocaleReference = objectId(`locale of ${name}`);
	return { _id, name, color, primaryLocaleReference, ...meta(createdAt, createdAt) };
}

export function flowView({ _id, referenceId, name, createdAt }: Flow): Item {
	return { _id, referenceId, name, isTrainingOutOfDate: false, ...meta(createdAt, createdAt) };
}

export function snapshotItem(snapshot: Snapshot): Item {
	return { ...snapshotView(snapshot), packageExpiresAt: 0 };
}

export function snapshotView({ _id, name, description, createdAt }: Snapshot): Item {
	const hash = createHash('sha256').update(_id).digest('hex');
	return { _id, name, description, hash, createdAt, createdBy, isPackaged: false };
}

type ViewSettings = Pick<Settings, 'tokenName' | 'hiddenSettings'>;

function masked(secret: string): string {
	return secret === '' ? '' : `${secret.slice(0, Math.min(12, secret.length / 3))}••••`;
}

/** What a list shows: neither `active` nor `entrypoint`. */
export function endpointItem(endpoint: Endpoint, { tokenName }: ViewSettings): Item {
	const { _id, channel, URLToken, flowId, localeId, name, createdAt, lastChanged, targetType } = endpoint;
	return {
		_id,
		channel,
		[tokenName]: URLToken,
		flowId: targetType === 'agent' ? '' : flowId,
		localeId,
		name,
		...meta(createdAt, lastChanged),
		overrideSnapshotConnections: false,
	};
}

export function endpointView(endpoint: Endpoint, how: ViewSettings): Item {
	const { _id, entrypoint, active, settings, targetType } = endpoint;
	const shown = { ...settings };
	for (const name of how.hiddenSettings) shown[name] = masked(settings[name]);
	return {
		...endpointItem(endpoint, how),
		entrypoint,
		active,
		targetType,
		agentId: targetType === 'agent' ? referenceId(`agent of ${_id}`) : '',
		nluConnectorId: '',
		useConversations: endpoint.conversations !== 'off',
		useAnalytics: true,
		useContactProfiles: true,
		maskAnalytics: endpoint.conversations === 'masked',
		maskLogging: false,
		maskIPAddress: false,
		settings: endpoint.channel === 'webhook' ? shown : {},
		transformer: { transformer: '', abortOnError: false },
		handoverSettings: { provider: 'none' },
		foreignId: '',
	};
}

export function userView(keyName: string, projects: readonly string[]): Item {
	return {
		_id: objectId(`user ${keyName}`),
		id: `${keyName}@example.com`,
		name: keyName,
		organisation: objectId('organisation'),
		roles: ['api'],
		projects,
		acceptedTOS: true,
		disabled: false,
		referenceId: referenceId(`user ${keyName}`),
		...meta(1_750_000_000, 1_750_000_000),
	};
}

function meta(createdAt: number, lastChanged: number) {
	return { createdAt, lastChanged, createdBy, lastChangedBy: createdBy };
}
