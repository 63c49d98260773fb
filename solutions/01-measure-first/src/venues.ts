/** The halls that Encore sells for, in every city the same names. */
export const venues = [
  { id: 0, name: 'Old Power Station' },
  { id: 1, name: 'Harbour Hall' },
  { id: 2, name: 'Blue Room' },
  { id: 3, name: 'Arena North' },
  { id: 4, name: 'Glass House' },
  { id: 5, name: 'Tram Depot' },
  { id: 6, name: 'City Theatre' },
  { id: 7, name: 'Park Stage' },
  { id: 8, name: 'Cellar 9' },
  { id: 9, name: 'Opera' },
  { id: 10, name: 'Riverside' },
];
