import { createHash } from 'node:crypto';
import { objectId, referenceId } from '../ids';
import type { Endpoint, Flow, Project, Snapshot } from '../resources';
import type { Item } from './pages';

/** What the management API shows of a resource. None but the project names its project (facts, section 3). */

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

/** What a list shows: neither `active` nor `entrypoint`. */
export function endpointItem(endpoint: Endpoint): Item {
	const { _id, channel, URLToken, flowId, localeId, name, createdAt, lastChanged } = endpoint;
	return {
		_id,
		channel,
		URLToken,
		flowId,
		localeId,
		name,
		...meta(createdAt, lastChanged),
		overrideSnapshotConnections: false,
	};
}

export function endpointView(endpoint: Endpoint): Item {
	const { entrypoint, active, settings } = endpoint;
	return {
		...endpointItem(endpoint),
		entrypoint,
		active,
		targetType: 'flow',
		nluConnectorId: '',
		useConversations: true,
		useAnalytics: true,
		useContactProfiles: true,
		maskAnalytics: false,
		maskLogging: false,
		maskIPAddress: false,
		settings: endpoint.channel === 'webhook' ? { ...settings } : {},
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
