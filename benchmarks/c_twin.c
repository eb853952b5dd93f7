/* The compiled kernel's yardstick: the bare pass over iterations of two agents, in C.

   Philox, clocks, waiting, dynamics and checkpoints; no overview, no diagnostics, no records.
   The arithmetic is the model's, operation by operation: compile it without contraction to
   fused multiply-adds (gcc -O3 -march=native -ffp-contract=off), and the bits are the same.

   It is written for the compiler to keep in registers what it can: small structs of numbers,
   passed by value into functions that are all inlined. */

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { CHECKPOINT = 65536 }; /* iterations between two */

typedef struct {
    double time, step, x, y, vx, vy;
} State;

typedef struct {
    State now;
    double begins;  /* where its record does */
    int64_t steps;
} Agent;

/* What others may read once an agent has gone on: written at each step, read now and then. */
typedef struct {
    double begins, x, y;
} Record;

typedef struct {
    Agent agents[2];
    Record records[2][4];
} Checkpoint;

static inline uint64_t high(uint64_t a, uint64_t b) {
    return (uint64_t)(((unsigned __int128)a * b) >> 64);
}

static inline void draw(uint64_t seed, uint64_t agent, int64_t steps, double *draws) {
    const uint64_t m0 = 0xD2E7470EE14C6C93u, m1 = 0xCA5A826395121157u;
    uint64_t k0 = seed, k1 = agent;
    uint64_t c0 = (uint64_t)(steps >> 2) + 1, c1 = 0, c2 = 0, c3 = 0;
    for (int round = 0; round < 10; round++) {
        const uint64_t h0 = high(m0, c0), l0 = m0 * c0, h1 = high(m1, c2), l1 = m1 * c2;
        c0 = h1 ^ c1 ^ k0, c1 = l1, c2 = h0 ^ c3 ^ k1, c3 = l0;
        k0 += 0x9E3779B97F4A7C15u, k1 += 0xBB67AE8584CAA73Bu;
    }
    draws[0] = (double)(c0 >> 11) * 0x1p-53, draws[1] = (double)(c1 >> 11) * 0x1p-53;
    draws[2] = (double)(c2 >> 11) * 0x1p-53, draws[3] = (double)(c3 >> 11) * 0x1p-53;
}

static inline int is_finite(State s) {
    return (s.x - s.x) + (s.y - s.y) + (s.time - s.time) == 0.0;
}

/* Agent a's step: 1 if it was taken, 0 if it waits for b's clock, -1 if it fails. */
static inline int step(double dt_min, double dt_span, double epsilon, uint64_t seed,
                       uint64_t agent, Agent *a, Record *records_a, double *draws, double mu_b,
                       const Agent *b, const Record *records_b) {
    State s = a->now;
    const double q = s.time - epsilon;
    if (!(q < b->now.time && q < s.time)) return 0;
    double ax = 0.0, ay = 0.0;
    if (mu_b != 0.0) {
        double x = b->now.x, y = b->now.y;
        if (q < b->begins) { /* b's newest record doesn't hold q; one of the two before does */
            const Record *read = &records_b[(b->steps - 1) & 3];
            if (q < read->begins) read = &records_b[(b->steps - 2) & 3];
            x = read->x, y = read->y;
        }
        const double dx = x - s.x, dy = y - s.y;
        const double r2 = dx * dx + dy * dy, r3 = r2 * sqrt(r2);
        if (r3 == 0.0) return -1;
        ax += mu_b * dx / r3;
        ay += mu_b * dy / r3;
    }
    records_a[a->steps & 3] = (Record){a->begins, s.x, s.y};
    a->begins = s.time;
    s.vx += ax * s.step;
    s.vy += ay * s.step;
    s.x += s.vx * s.step;
    s.y += s.vy * s.step;
    s.time += s.step;
    s.step = dt_min + draws[a->steps & 3] * dt_span;
    a->steps += 1;
    if ((a->steps & 3) == 0) draw(seed, agent, a->steps, draws);
    a->now = s;
    return 1;
}

/* Go over `count` iterations from the start; return how many were good. `states`, two agents'
   time, timeStep, x, y, vx, vy, are carried on. A checkpoint each CHECKPOINT iterations goes to
   `kept`, which has room for them. */
int64_t pass(double mu_a, double mu_b, double dt_min, double dt_span, double epsilon,
             uint64_t seed, int64_t count, double *states, Checkpoint *kept) {
    const State *s = (const State *)states;
    Agent a = {s[0], -INFINITY, 0}, b = {s[1], -INFINITY, 0};
    Record records_a[4], records_b[4];
    double draws_a[4], draws_b[4];
    draw(seed, 0, 0, draws_a);
    draw(seed, 1, 0, draws_b);
    for (int64_t i = 0; i < count; i++) {
        const int first = step(dt_min, dt_span, epsilon, seed, 0, &a, records_a, draws_a, mu_b,
                               &b, records_b);
        if (first < 0) return i;
        const int second = step(dt_min, dt_span, epsilon, seed, 1, &b, records_b, draws_b, mu_a,
                                &a, records_a);
        if (second < 0 || first + second == 0) return i;
        if ((i + 1) % CHECKPOINT == 0) {
            /* What stops being finite never is again: the last interval is not good. */
            if (!(is_finite(a.now) && is_finite(b.now))) return i + 1 - CHECKPOINT;
            *kept = (Checkpoint){.agents = {a, b}};
            memcpy(kept->records[0], records_a, sizeof records_a);
            memcpy(kept->records[1], records_b, sizeof records_b);
            kept++;
        }
    }
    ((State *)states)[0] = a.now;
    ((State *)states)[1] = b.now;
    return count;
}

int64_t checkpoint_bytes(void) { return (int64_t)sizeof(Checkpoint); }
