// The roof: one bare fetch-and-add on one shared word. Nothing that gives threads numbers in order
// does with less. It is the variant fetch_add under another name, so that every run has the line
// even where that variant is not asked for; where it is, the two rows are one more A/A control.
#pragma once

#include "variants/counter/fetch_add.hpp"

namespace cyclone::counter {

template <class Work = no_work, int Mutant = 0>
using roof = fetch_add<Work, Mutant>;

}  // namespace cyclone::counter
