import type { Offers } from '../offers';

export const offers: Offers = { sharedState: true, lastingSessions: true };
