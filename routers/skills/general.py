"""Skills that queries of any table may ask for, by hand: a name, the category it belongs to, and cues in plain words.

Knows no table. A cue is one to three words as they stand in a text; one of them is enough for the skill to apply.
"""

from __future__ import annotations

from routers.skills.vocabulary import Skill

_LINES = """
arithmetic | math | sum of, total, how many, altogether, twice as, remainder, multiply, divided by, percent of, dozen
word problems | math | how many, how much, each day, per week, per hour, left over, altogether, costs, spends, earns
unit conversion | physics | convert, km, miles, feet, inches, gallons, pounds, litres, liters, lb, ft, kelvin, celsius
algebra | math | equation, solve for, polynomial, factor, quadratic, variable, roots of, expression, inequality
linear algebra | math | matrix, matrices, eigenvalue, eigenvalues, determinant, vector space, rank of, linear map
calculus | math | derivative, integral, integrate, differentiate, limit of, dx, dt, tangent line, converges, curve
differential equations | math | differential equation, initial condition, initial value, ode, boundary value
probability | math | probability, probability that, random variable, dice, die, coin, at random, expected value, urn
statistics | math | mean, variance, standard deviation, sample, regression, hypothesis, confidence interval, median
combinatorics | math | permutations, combinations, how many ways, arrangements, choose, subsets, binomial
geometry | math | triangle, circle, radius, angle, area of, perimeter, rectangle, square, sphere, polygon, cone
trigonometry | math | sin, cos, tan, sine, cosine, tangent, radians, theta
number theory | math | prime, divisible, integer, integers, gcd, modulo, digits, remainder when, least common
group theory | math | subgroup, abelian, isomorphic, homomorphism, cyclic, galois, ring, permutation group
sequences and series | math | sequence, series, arithmetic sequence, geometric, nth term, converge, taylor series
sets and functions | math | set of, function, domain, range of, bijective, mapping, injective, real numbers, topology
percentages | business | percent, percentage, interest rate, discount, markup, tax rate, commission, increase of
compound interest | business | interest, compounded, compounded annually, annuity, present value, principal, maturity
accounting | business | balance sheet, assets, liabilities, depreciation, inventory, income statement, net income
finance | business | stock, bond, bonds, portfolio, shares, dividend, dividends, rate of return, option, hedge
marketing | business | marketing, brand, advertising, consumers, customer, pricing, segmentation, promotion
management | business | manager, management, employees, organization, leadership, stakeholders, strategy, firm
supply and demand | economics | demand, supply, price, elasticity, equilibrium, demand curve, consumer surplus
macroeconomics | economics | gdp, inflation, unemployment, fiscal policy, monetary policy, aggregate demand
mechanics | physics | force, velocity, acceleration, momentum, friction, kinetic energy, torque, mass of, pendulum
electricity | physics | voltage, current, resistance, resistor, capacitor, electric field, charge, ohms, amperes
magnetism | physics | magnetic field, magnetic, coil, inductance, solenoid, flux, induced, tesla
optics | physics | lens, mirror, wavelength, refraction, focal length, light, diffraction, image, slit, polarized
waves and sound | physics | wave, waves, frequency, sound, oscillation, amplitude, doppler, resonance, hz
thermodynamics | physics | heat, temperature, entropy, adiabatic, isothermal, carnot, ideal gas, enthalpy, thermal
quantum physics | physics | quantum, photon, electron, energy level, energy levels, schrodinger, spin, orbital
nuclear physics | physics | nucleus, decay, half life, radioactive, fission, isotope, neutron, alpha particle
astronomy | physics | star, stars, planet, orbit, galaxy, solar, moon, telescope, earth, mars
stoichiometry | chemistry | moles, grams of, molar mass, reacts with, balanced equation, yield, excess, mol
acids and bases | chemistry | ph, acid, base, buffer, titration, pka, naoh, hcl, neutralize
organic chemistry | chemistry | alkene, benzene, alcohol, aldehyde, ester, carbon, methyl, isomer, reaction mechanism
equilibrium constants | chemistry | equilibrium constant, dissociation, solubility, ksp, partial pressure
atomic structure | chemistry | atom, atoms, electrons, valence, periodic table, ionization energy, bond, bonds, ion
spectroscopy | chemistry | nmr, spectrum, absorption, spectra, infrared, epr, rotational, vibrational
cell biology | biology | cell, cells, membrane, mitochondria, cytoplasm, mitosis, meiosis, organelle
genetics | biology | gene, genes, allele, dna, chromosome, mutation, dominant, recessive, offspring, heterozygous
evolution | biology | evolution, natural selection, species, ancestor, adaptation, fossil, darwin, population
ecology | biology | ecosystem, predator, food chain, habitat, biomass, organisms, niche, climate
physiology | biology | muscle, hormone, blood, kidney, heart, lung, nerve, neurons, secretion, oxygen
plants | biology | plant, plants, photosynthesis, leaves, root, seed, flower, chlorophyll, pollen
clinical knowledge | health | patient, symptoms, treatment, diagnosis, therapy, dose, disease, clinical, hospital
case diagnosis | health | year old man, year old woman, old man, old woman, presents, physical examination, history of
anatomy | health | artery, nerve, bone, muscle, vein, ligament, cranial, spinal, abdominal
infection and immunity | health | virus, infection, bacteria, vaccine, antibody, antibodies, immune, hiv, antibiotic
nutrition | health | diet, vitamin, protein, fat, obesity, dietary, calories, nutrients, food
pharmacology | health | drug, drugs, dose, mg, receptor, side effects, medication, inhibitor
psychology of behaviour | psychology | behavior, conditioning, reinforcement, stimulus, personality, attitude
developmental psychology | psychology | child, children, infant, piaget, erikson, adolescents, attachment, development
psychotherapy | psychology | therapist, counseling, counselor, client, depression, anxiety, disorder, freud
research methods | psychology | experiment, study, researcher, subjects, test scores, correlation, participants
ethics | philosophy | moral, morally, ethical, ethics, utilitarianism, kant, virtue, obligation, wrong
argument analysis | philosophy | fallacy, argument, conclusion, premise, valid, ad hominem, syllogism
symbolic logic | philosophy | logic, propositional logic, predicate logic, truth table, symbolization, formula, wff
logical deduction | philosophy | if and only, implies, follows from, clues, must be true, all of, either, deduce
religion | philosophy | god, religious, jesus, islam, hindu, buddha, bible, church, religion, temple
history of ideas | philosophy | plato, aristotle, descartes, hume, socrates, nietzsche, philosopher, metaphysics
historical facts | history | century, war, empire, king, treaty, revolution, emperor, dynasty, independence
source interpretation | history | passage, according to, refers to, excerpt, author, the following passage, the passage
archaeology | history | archaeological, site, neolithic, tools, evidence, civilization, maya, bones, hominid
legal reasoning | law | court, plaintiff, defendant, liable, negligence, statute, judgment, sued, jury
criminal law | law | murder, crime, guilty, convicted, police, arrested, robbery, evidence, burglary
contract law | law | contract, agreement, offer, breach, seller, buyer, promise, delivery, payment
property law | law | landowner, deed, easement, tenant, landlord, conveyed, title, property, lease
constitutional law | law | constitution, amendment, congress, constitutional, federal, supreme court, state law
international law | law | treaty, international law, un, sovereignty, jurisdiction, convention, human rights
politics and government | other | president, government, election, party, policy, senate, vote, political
sociology | other | society, social class, gender, inequality, culture, women, sociologist
geography | other | country, countries, river, city, capital, population, ocean, mountain, continent
arts and entertainment | other | film, song, novel, actor, band, album, singer, painting, movie, tv
sports | other | team, game, olympic, football, baseball, player, won the, championship
trivia | other | who was, which country, what year, when did, name of, first, played, who is, who wrote
common sense | other | where would, what might, would you, someone, what do people, if you, what would
reading comprehension | other | passage, according to, paragraph, the text, the story, the author
causal reasoning | other | because, cause, causes, effect of, leads to, result of, why, due to
comparison | other | compare, difference between, larger, greater than, least, higher than, similar to, differ
definitions | other | is called, is defined, refers to, term, known as, definition, means
negated questions | other | except, is not, are not, not true, false, least likely, incorrect, not a
estimation | engineering | estimate, approximately, approximate, roughly, order of magnitude, about how
circuits | engineering | circuit, transistor, amplifier, gain, diode, impedance, op amp, inductor, load, phase
electrical machines | engineering | motor, generator, armature, rotor, rpm, transformer, winding, poles, kva, hp
fluid mechanics | engineering | flow, pipe, fluid, reynolds, viscosity, nozzle, pump, laminar, turbulent
heat transfer | engineering | conduction, convection, radiation, insulation, heat transfer, steam, wall, surface
signals and communication | engineering | signal, modulation, bandwidth, antenna, fourier, transmitter, frequency, noise
materials and machine design | engineering | stress, strain, steel, beam, shaft, load, gear, spring, tensile
algorithms | computer science | algorithm, time complexity, graph, sort, binary, search, heap, queue, tree
computer systems | computer science | memory, cache, cpu, bits, processor, operating system, address, disk
networks and security | computer science | network, packet, protocol, encryption, attack, key, attacker, tcp, firewall
machine learning | computer science | classifier, neural network, gradient descent, overfitting, training set, svm
code reading | coding | output of, assert, def, print, for loop, the code, following code, code snippet
code writing | coding | write a function, write python, python, implement, python function, a function to
sentence writing | writing | write a, sentence using, sentence with, generate a, compose, coherent
"""


def general_skills() -> tuple[Skill, ...]:
    """The list above, in its order."""
    return tuple(_skill(line) for line in _LINES.strip().splitlines())


def _skill(line: str) -> Skill:
    name, category, cues = (part.strip() for part in line.split("|"))
    return Skill(name, category, tuple(cue.strip() for cue in cues.split(",")))
