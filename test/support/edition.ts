import { offers } from '../../client/offers';
import type { Difference } from '../editions/differences';

/** Whether the tests run on the edition that has the differences (`jest --selectProjects cloud`). */
export const isCloudEdition = !offers.sharedState;

/**
 * Whether the edition that is tested differs in one of these from the full one: what is tested then is not there, or is
 * something else.
 */
export function differs(..._by: [Difference, ...Difference[]]): boolean {
	return isCloudEdition;
}

/** A test that does not hold where the edition differs in this; what holds instead is tested elsewhere. */
export const itUnless = (...by: [Difference, ...Difference[]]): jest.It => (differs(...by) ? it.skip : it);

/** As `itUnless`, for several tests. */
export const describeUnless = (...by: [Difference, ...Difference[]]): jest.Describe =>
	differs(...by) ? describe.skip : describe;
