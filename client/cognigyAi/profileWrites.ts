import type { CallContext } from '../call/attempts';
import { canonicalJson } from '../canonicalJson';
import { CognigyError } from '../errors';
import type { DeletedProfileResult, ProfileResult } from '../types';
import { jsonBody } from './bodySize';
import type { CreateProfileRequest, DeleteProfileRequest, UpdateProfileRequest } from './inputs';
import { noProfile, profileOf, profilesOf, readProfile, shownProfile, type ProfileDependencies } from './profiles';
import type { Turns } from './turns';
import { createdProfileSchema, paths, type Profile } from './wire';

/** What makes, changes and deletes profiles of contacts (docs/protocol-cognigy-ai.md#contact-profiles). */

export interface ProfileWriteDependencies extends ProfileDependencies {
	/** Whose profile is worked on now: two items of one contact must not both find that it has none. */
	turns: Turns;
}

type Written = Omit<ProfileResult, 'audit'>;

/** @throws {CognigyError} `invalidInput` when it is larger than the service takes */
export function creationBody(projectId: string, request: CreateProfileRequest): string {
	return jsonBody({ projectId, ...request }, 'Contact IDs and Profile', 'profile');
}

/**
 * Makes a profile. Nobody says whether the service refuses a second one of a contact, so there is a look before.
 * @param body as `creationBody` makes it
 * @throws {CognigyError} `protocol` when a contact has one already; with `mayHaveRun` when nobody knows whether it was made
 */
export async function createProfile(
	deps: ProfileWriteDependencies,
	{ request, body }: { request: CreateProfileRequest; body: string },
	context: CallContext,
): Promise<Written> {
	const { contactIds } = request;
	const names = contactIds.map((id) => `"${id}"`).join(', ');
	const whose = contactIds.length === 1 ? `contact ${names}` : `contacts ${names}`;
	const action = `Creating the profile of ${whose}`;
	return await deps.turns.take(
		contactIds.map((id) => `contact ${id}`),
		async () => {
			await requireNoProfile(deps, contactIds, context);
			const { id, profile: told } = await deps.api.call(
				{
					method: 'POST',
					path: paths.profiles,
					body,
					once: { mayHave: MAY_HAVE, lookup: LOOKUP },
					answer: createdProfileSchema,
					description: {
						subject: `project "${deps.projectId}"`,
						action,
						inputs: 'Contact IDs and Profile, and Project ID of the credential',
					},
				},
				context,
			);
			const made = told ?? (await readMade(deps, { id, contactId: contactIds[0] ?? '', action }, context));
			const warnings = [...notAsAsked(request.profile, made.profile), ...others(request, made)];
			return { ...shownProfile(deps, made), ...withWarnings(warnings) };
		},
	);
}

const MAY_HAVE = 'The profile may have been created';
const LOOKUP = 'Use Find by Contact to see whether it is there. Create does so too, and makes no second one.';

/** The profile that was made, where the answer does not show it. */
async function readMade(
	deps: ProfileWriteDependencies,
	{ id, contactId, action }: { id: string; contactId: string; action: string },
	context: CallContext,
): Promise<Profile> {
	const read = id === '' ? profileOf(deps, contactId, context) : readProfile(deps, id, context);
	const made = await read.catch((error: unknown) => {
		throw error instanceof CognigyError
			? error.with({ message: `${error.message}. The profile was created before that`, mayHaveRun: true })
			: error;
	});
	if (made) return made;
	throw new CognigyError({
		category: 'protocol',
		message: `${action} failed: Cognigy took it, but there is no such profile. ${MAY_HAVE}; it was not sent again`,
		advice: LOOKUP,
		mayHaveRun: true,
	});
}

/**
 * Changes a profile. Nobody says whether `profile` in a PATCH is merged into the one that is there or takes its place: so
 * all of it is sent, with the changes in it, and then looked at. Setting the same twice does no harm, so it is a safe call.
 * @throws {CognigyError} `notFound` when there is none; `protocol` when the service did not change it, or lost some of it;
 *   with `mayHaveRun` when it took the change, or nobody knows whether it did
 */
export async function updateProfile(
	deps: ProfileWriteDependencies,
	{ profileId, contactId = '', ...wanted }: UpdateProfileRequest,
	context: CallContext,
): Promise<Written> {
	const id = profileId ?? (await profileOf(deps, contactId, context))?._id;
	if (id === undefined) throw noProfile(`Contact "${contactId}" has no profile`);
	// Another item that changes it in between would have its change undone; one that gives a contact a profile would give
	// it a second one.
	const contacts = wanted.contactIds?.map((one) => `contact ${one}`) ?? [];
	return await deps.turns.take([`profile ${id}`, ...contacts], async () => {
		const before = await existing(deps, id, context);
		const added = wanted.contactIds?.filter((one) => !before.contactIds.includes(one)) ?? [];
		if (added.length > 0) await requireNoProfile(deps, added, context);
		const change = changeOf(before, wanted);
		if (Object.keys(change).length === 0) return shownProfile(deps, before);
		const subject = `profile "${id}"`;
		const action = `Updating ${subject}`;
		await deps.api.send(
			{
				method: 'PATCH',
				path: paths.profile(id),
				body: jsonBody(change, 'Contact IDs and Profile', 'profile'),
				mayHave: 'The profile may have been changed; Get shows it',
				description: { subject, action, inputs: 'Profile ID, Contact IDs and Profile' },
			},
			context,
		);
		const after = await existing(deps, id, context).catch((error: unknown) => {
			throw error instanceof CognigyError
				? error.with({ message: `${error.message}. Cognigy had taken the change before that`, mayHaveRun: true })
				: error;
		});
		const problems = problemsOf(before, wanted, after);
		if (problems.length > 0) throw notUpdated(action, problems);
		return { ...shownProfile(deps, after), ...withWarnings(warningsOf(before, wanted, after)) };
	});
}

type Wanted = Pick<UpdateProfileRequest, 'profile' | 'active' | 'contactIds'>;

/** What has to be sent. */
function changeOf(before: Profile, { profile, active, contactIds }: Wanted): Partial<Wanted> {
	const isOther = Object.keys(profile).some((key) => !isSame(before.profile[key], profile[key]));
	return {
		...(isOther ? { profile: { ...before.profile, ...profile } } : {}),
		...(active === undefined || active === before.active ? {} : { active }),
		...(contactIds === undefined || isSameSet(contactIds, before.contactIds) ? {} : { contactIds }),
	};
}

/** What of it did not happen, or got lost. */
function problemsOf(before: Profile, { profile, active, contactIds }: Wanted, after: Profile): string[] {
	const untouched = Object.keys(profile).filter((key) => {
		const [was, wanted, is] = [before.profile[key], profile[key], after.profile[key]];
		const hasMissed = !isSame(is, wanted) && (isSame(is, was) || isNothing(is));
		// What was never there may be a field that the project does not have: that is a warning.
		return hasMissed && !isNothing(was);
	});
	const lost = Object.keys(before.profile).filter(
		(key) => !(key in profile) && !isNothing(before.profile[key]) && isNothing(after.profile[key]),
	);
	const unset = [
		...untouched,
		...(active === undefined || active === after.active ? [] : ['active']),
		...(contactIds === undefined || isSameSet(contactIds, after.contactIds) ? [] : ['contactIds']),
	];
	return [
		...(unset.length > 0 ? [`did not change ${unset.join(', ')}`] : []),
		...(lost.length > 0 ? [`lost ${lost.join(', ')}`] : []),
	];
}

function notUpdated(action: string, problems: readonly string[]): CognigyError {
	return new CognigyError({
		category: 'protocol',
		message: `${action} failed: Cognigy took it, but ${problems.join(' and ')}`,
		advice: 'Look at the profile in Cognigy.AI, or with Get, and correct it there.',
		mayHaveRun: true,
	});
}

function warningsOf(before: Profile, wanted: Wanted, after: Profile): string[] {
	const { profile } = wanted;
	const moved = Object.keys(before.profile).filter(
		(key) => !(key in profile) && !isSame(before.profile[key], after.profile[key]),
	);
	const also = [
		...moved,
		...(wanted.active === undefined && before.active !== after.active ? ['active'] : []),
		...(wanted.contactIds === undefined && !isSameSet(before.contactIds, after.contactIds) ? ['contactIds'] : []),
	];
	const warning = `Fields that were to stay have changed at the same time, most likely by a flow: ${also.join(', ')}.`;
	return [...notAsAsked(profile, after.profile), ...(also.length > 0 ? [warning] : [])];
}

/** What a service that took the fields made of them. */
function notAsAsked(wanted: Fields, stored: Fields): string[] {
	const other = Object.keys(wanted).filter((key) => !isSame(wanted[key], stored[key]));
	const dropped = other.filter((key) => isNothing(stored[key]));
	const changed = other.filter((key) => !isNothing(stored[key]));
	const notKept = `Cognigy did not keep these fields: ${dropped.join(', ')}. The profile schema of the project may not have them.`;
	return [
		...(dropped.length > 0 ? [notKept] : []),
		...(changed.length > 0 ? [`Cognigy keeps something else than was sent in: ${changed.join(', ')}.`] : []),
	];
}

/** The same for what is no field. */
function others({ contactIds, active }: CreateProfileRequest, made: Profile): string[] {
	const other = [
		...(isSameSet(contactIds, made.contactIds) ? [] : ['contactIds']),
		...(active === made.active ? [] : ['active']),
	];
	return other.length > 0 ? [`Cognigy keeps something else than was sent in: ${other.join(', ')}.`] : [];
}

/**
 * Deletes a profile, and with it all that was said with the contact. Whoever asks for it must know whose it is.
 * Deleting what is gone does no harm, so it is a safe call.
 * @throws {CognigyError} `invalidInput` when it is that of another contact; `notFound` when there is none and
 *   `failIfMissing` is set; with `mayHaveRun` when nobody knows whether it was deleted
 */
export async function deleteProfile(
	deps: ProfileDependencies,
	{ profileId, contactId, failIfMissing }: DeleteProfileRequest,
	context: CallContext,
): Promise<Omit<DeletedProfileResult, 'audit'>> {
	const { projectId: botId } = deps;
	const found = await readProfile(deps, profileId, context);
	if (!found) {
		if (failIfMissing) throw noProfile(`There is no profile "${profileId}"`);
		return { deleted: false, profileId, contactIds: [], botId };
	}
	const { contactIds } = found;
	if (!contactIds.includes(contactId)) throw somebodyElses(profileId, contactId);
	const subject = `profile "${profileId}"`;
	await deps.api.send(
		{
			method: 'DELETE',
			path: paths.profile(profileId),
			// It is gone: an earlier attempt, or somebody else, has deleted it since.
			mayBeMissing: true,
			mayHave: 'The profile may have been deleted; Get shows whether it is there',
			description: { subject, action: `Deleting ${subject}`, inputs: 'Profile ID' },
		},
		context,
	);
	return { deleted: true, profileId, contactIds, botId };
}

/** Without the contacts that it has: nobody is to find out by trying. */
function somebodyElses(profileId: string, contactId: string): CognigyError {
	return new CognigyError({
		category: 'invalidInput',
		message: `Profile "${profileId}" is not that of contact "${contactId}", so it was not deleted`,
		advice:
			'Check Profile ID and Contact ID: both must be exactly those of one contact, as Find by Contact gives them.',
		parameter: 'contactId',
	});
}

async function existing(deps: ProfileDependencies, id: string, context: CallContext): Promise<Profile> {
	const found = await readProfile(deps, id, context);
	if (!found) throw noProfile(`There is no profile "${id}"`);
	return found;
}

/** @throws {CognigyError} `protocol`, before anything is changed */
async function requireNoProfile(
	deps: ProfileDependencies,
	contactIds: readonly string[],
	context: CallContext,
): Promise<void> {
	for (const contactId of contactIds) {
		const [id] = (await profilesOf(deps, contactId, context)).keys();
		if (id !== undefined) throw hasProfile(contactId, id);
	}
}

function hasProfile(contactId: string, id: string): CognigyError {
	return new CognigyError({
		category: 'protocol',
		message: `Contact "${contactId}" has a profile already: ${id}`,
		advice: `Nothing was changed. Use Update with the Profile ID ${id} to change that one.`,
	});
}

type Fields = Readonly<Record<string, unknown>>;

const isNothing = (value: unknown) => value === undefined || value === null;

/** A field that is null is one that is not there. */
function isSame(one: unknown, other: unknown): boolean {
	return canonicalJson(one ?? null) === canonicalJson(other ?? null);
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
	return one.length === other.length && one.every((value) => other.includes(value));
}

const withWarnings = (warnings: string[]) => (warnings.length > 0 ? { warnings } : {});
