import type { CallContext } from '../call/attempts';
import { CognigyError } from '../errors';
import type { ProfileResult } from '../types';
import type { GetProfileRequest } from './inputs';
import { pagesFrom, projectMissing, type Page, type Place } from './lists';
import type { ManagementApi } from './managementApi';
import { pageSchema, paths, profileSchema, type Profile } from './wire';

export interface ProfileDependencies {
	api: ManagementApi;
	projectId: string;
}

/** A list that does not end is not read further than this. */
const MAX_PAGES = 1_000;

/**
 * The profile with an id, or that of a contact.
 * @throws {CognigyError} `notFound` when there is none and `failIfMissing` is set; `protocol` when a contact has several
 */
export async function getProfile(
	deps: ProfileDependencies,
	{ profileId, contactId = '', failIfMissing }: GetProfileRequest,
	context: CallContext,
): Promise<Omit<ProfileResult, 'audit'>> {
	const found =
		profileId === undefined ? await profileOf(deps, contactId, context) : await readProfile(deps, profileId, context);
	if (!found && failIfMissing) {
		throw noProfile(
			profileId === undefined ? `Contact "${contactId}" has no profile` : `There is no profile "${profileId}"`,
		);
	}
	return shownProfile(deps, found);
}

/** A profile as it comes out; undefined: there is none. */
export function shownProfile(
	{ projectId }: Pick<ProfileDependencies, 'projectId'>,
	found: Profile | undefined,
): Omit<ProfileResult, 'audit'> {
	const { _id, contactIds, active, profile } = found ?? { _id: '', contactIds: [], active: false, profile: {} };
	return { found: found !== undefined, profileId: _id, contactIds, active, profile, botId: projectId };
}

/** The profile with an id; undefined: there is none. */
export async function readProfile(
	{ api }: ProfileDependencies,
	profileId: string,
	context: CallContext,
): Promise<Profile | undefined> {
	const subject = `profile "${profileId}"`;
	const answer = await api.call(
		{
			method: 'GET',
			path: paths.profile(profileId),
			// Only ours is null.
			answer: profileSchema,
			whenMissing: null,
			description: { subject, action: `Reading ${subject}`, inputs: 'Profile ID' },
		},
		context,
	);
	return answer ?? undefined;
}

/** @throws {CognigyError} `protocol` when the contact has several */
export async function profileOf(
	deps: ProfileDependencies,
	contactId: string,
	context: CallContext,
): Promise<Profile | undefined> {
	const found = await profilesOf(deps, contactId, context);
	const [first, ...others] = found.values();
	if (others.length > 0) throw severalProfiles(contactId, [...found.keys()]);
	return first;
}

/**
 * All profiles of a contact, by their ids. There is no route by contact: the list is searched, and what it gives compared
 * exactly.
 */
export async function profilesOf(
	deps: ProfileDependencies,
	contactId: string,
	context: CallContext,
): Promise<ReadonlyMap<string, Profile>> {
	if (deps.projectId === '') throw projectMissing('profiles');
	const found = await search(deps, { contactId, filter: contactId }, context);
	// Should the filter be a pattern, it misses what means something else in patterns, as the "+" of a phone number.
	const mayBeMissed = /[^\w@. -]/.test(contactId);
	return found.size === 0 && mayBeMissed ? await search(deps, { contactId, filter: '' }, context) : found;
}

async function search(
	{ api, projectId }: ProfileDependencies,
	{ contactId, filter }: { contactId: string; filter: string },
	context: CallContext,
): Promise<Map<string, Profile>> {
	const read = async ({ cursor, skip }: Place): Promise<Page<Profile>> =>
		await api.call(
			{
				method: 'GET',
				path: paths.profiles,
				query: {
					projectId,
					limit: '100',
					...(filter === '' ? {} : { filter }),
					...(cursor === undefined ? {} : { next: cursor }),
					...(skip === undefined ? {} : { skip: String(skip) }),
				},
				answer: pageSchema(profileSchema),
				description: {
					subject: `project "${projectId}"`,
					action: `Looking for the profile of contact "${contactId}"`,
					inputs: 'Contact ID, and Project ID of the credential',
				},
			},
			context,
		);
	const found = new Map<string, Profile>();
	for await (const { items } of pagesFrom({}, read, MAX_PAGES)) {
		for (const item of items) if (item.contactIds.includes(contactId)) found.set(item._id, item);
	}
	return found;
}

export function noProfile(message: string): CognigyError {
	return new CognigyError({
		category: 'notFound',
		message,
		advice:
			'Check the ID, and Project ID of the credential. Cognigy makes a profile with the first message, if the endpoint does so, and deletes it 30 days after it was used last.',
	});
}

function severalProfiles(contactId: string, ids: readonly string[]): CognigyError {
	return new CognigyError({
		category: 'protocol',
		message: `Contact "${contactId}" has ${ids.length} profiles: ${ids.join(', ')}`,
		advice: 'Merge them in Cognigy.AI, or use Get with the Profile ID of the one that you mean.',
	});
}
