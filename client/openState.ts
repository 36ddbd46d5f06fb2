import { PostedAnswers } from './cognigyAi/postedAnswers';
import { edition } from './edition';
import { redisPlace } from './redis/redisAddress';

/** What a credential says about where it keeps its state. */
export interface StateStore {
	stateStore: 'local' | 'redis';
	/** As `redisPlace` makes it. */
	redisUrl: string;
}

/** By where chunks are staged. */
const postedAnswers = new Map<string, PostedAnswers>();

/** What credentials of either type say about their store, unless they cannot be read. */
export interface StoreFields {
	stateStore?: unknown;
	redisUrl?: unknown;
	redisCaCertificate?: unknown;
}

/**
 * What collects the streamed answers that Webhook endpoints post, for all who stage them in the same place.
 * @param fields of the credential that says where; unchecked. Without any, it is this machine
 * @param folder n8n's folder, for what is kept on this machine
 */
export function postedAnswersIn(
	{ stateStore, redisUrl, redisCaCertificate }: StoreFields,
	folder: string,
	onWarning: (message: string) => void,
): PostedAnswers {
	const local: StateStore = { stateStore: 'local', redisUrl: '' };
	const place = redisPlace(String(redisUrl ?? '').trim(), String(redisCaCertificate ?? '').trim());
	const store: StateStore = stateStore === 'redis' ? { stateStore, redisUrl: place } : local;
	const isShared = store.stateStore === 'redis' && edition.sharedState !== undefined;
	const key = JSON.stringify(isShared ? store : { ...local, folder });
	const known = postedAnswers.get(key);
	if (known) return known;
	const registry = edition.openRegistry(store, folder, onWarning);
	const answers = new PostedAnswers({ registry, clock: edition.clock, onWarning });
	postedAnswers.set(key, answers);
	return answers;
}

/** As `postedAnswersIn`, where nothing is staged: for tests of workflows. */
export function postedAnswersOfTests(onWarning: (message: string) => void): PostedAnswers {
	return new PostedAnswers({ registry: undefined, clock: edition.clock, onWarning });
}
