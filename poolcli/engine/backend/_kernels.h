/* Inner loops over lines of memory. They are written for the compiler to vectorise: one flat loop,
   no branch inside.

   Each macro defines one kernel for a type; what a kernel needs is inlined, so that target clones
   vectorise it too. Steps between lines are in bytes, lengths in elements. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Jump threading would split loops, and they would not be vectorised. Clang has no such option. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-thread-jumps")
#endif

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) \
    && !defined(PLAIN)
#define HOT __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define HOT
#endif

#if defined(__GNUC__) && !defined(__clang__)
#define INLINE static inline __attribute__((always_inline))
#define RESTRICT __restrict__
#define AHEAD _Pragma("GCC ivdep") /* what an iteration reads, no earlier one has written */
#elif defined(__clang__)
#define INLINE static inline __attribute__((always_inline))
#define RESTRICT __restrict__
#define AHEAD _Pragma("clang loop vectorize(assume_safety)")
#elif defined(_MSC_VER)
#define INLINE static __forceinline
#define RESTRICT __restrict
#define AHEAD __pragma(loop(ivdep))
#else
#define INLINE static inline
#define RESTRICT
#define AHEAD
#endif

#if defined(__GNUC__)
#define ANYWHERE __attribute__((aligned(1), may_alias))
#else
#define ANYWHERE
#endif

enum { BLOCK = 512, MOST_COUNTED = 127 };

#define EACH(i, n) for (ptrdiff_t i = 0; i < (n); i++)

/* Merges: two states to one. On a tie the later operand is taken, and NaN stays NaN. */
#define DEFINE_MERGES(t, T)    \
    INLINE T max_##t(T a, T b) \
    {                          \
        T r = a > b ? a : b;   \
        return a != a ? a : r; \
    }                          \
    INLINE T min_##t(T a, T b) \
    {                          \
        T r = a < b ? a : b;   \
        return a != a ? a : r; \
    }                          \
    INLINE T add_##t(T a, T b) { return (T)(a + b); }

#define SAME(S, a) (a)
#define WIDER(S, a) ((S)(a))
#define SQUARED(S, a) ((S)(a) * (S)(a))

/* Every so many items, next to each other. */
#define DEFINE_PICK(t, T)                                                                  \
    typedef T ANYWHERE any_##t;                                                            \
    HOT static void pick_##t(const char *x, ptrdiff_t stride, ptrdiff_t number, char *out, \
                             ptrdiff_t next)                                               \
    {                                                                                      \
        const any_##t *a = (const any_##t *)x;                                             \
        any_##t *RESTRICT t = (any_##t *)out;                                              \
        if (stride == 2 && next == 1)                                                      \
            EACH(i, number) t[i] = a[2 * i];                                               \
        else if (stride == 3 && next == 1)                                                 \
            EACH(i, number) t[i] = a[3 * i];                                               \
        else if (stride == 4 && next == 1)                                                 \
            EACH(i, number) t[i] = a[4 * i];                                               \
        else                                                                               \
            EACH(i, number) t[i * next] = a[i * stride];                                   \
    }

/* Windows of n = 1 to 4 taps, each tap a line; the taps become states first. Grouped as the
   definition of a fold says. And one more tap for windows that are folded already. */
#define DEFINE_TAPS(tag, X, S, LIFT, MERGE)                                                       \
    HOT static void taps_##tag(const char *x, ptrdiff_t window, ptrdiff_t tap, ptrdiff_t n,       \
                               ptrdiff_t windows, ptrdiff_t length, char *out, ptrdiff_t next)    \
    {                                                                                             \
        if (window == length * (ptrdiff_t)sizeof(X) && next == length * (ptrdiff_t)sizeof(S)      \
            && windows > 1) {                                                                     \
            length *= windows; /* one long line */                                                \
            windows = 1;                                                                          \
        }                                                                                         \
        for (; windows > 0; windows--, x += window, out += next) {                                \
            const X *a = (const X *)x, *b = (const X *)(x + tap * (n > 1));                       \
            const X *c = (const X *)(x + 2 * tap * (n > 2)),                                      \
                    *d = (const X *)(x + 3 * tap * (n > 3));                                      \
            S *RESTRICT t = (S *)out;                                                             \
            if (n == 1)                                                                           \
                EACH(i, length) t[i] = LIFT(S, a[i]);                                             \
            else if (n == 2)                                                                      \
                EACH(i, length) t[i] = MERGE(LIFT(S, a[i]), LIFT(S, b[i]));                       \
            else if (n == 3)                                                                      \
                EACH(i, length) t[i] = MERGE(MERGE(LIFT(S, a[i]), LIFT(S, b[i])), LIFT(S, c[i])); \
            else                                                                                  \
                EACH(i, length)                                                                   \
                    t[i] = MERGE(MERGE(LIFT(S, a[i]), LIFT(S, b[i])),                             \
                                 MERGE(LIFT(S, c[i]), LIFT(S, d[i])));                            \
        }                                                                                         \
    }                                                                                             \
    HOT static void append_##tag(char *out, ptrdiff_t next, const char *x, ptrdiff_t window,      \
                                 ptrdiff_t windows, ptrdiff_t length)                             \
    {                                                                                             \
        for (; windows > 0; windows--, x += window, out += next) {                                \
            S *RESTRICT t = (S *)out;                                                             \
            const X *a = (const X *)x;                                                            \
            EACH(i, length) t[i] = MERGE(t[i], LIFT(S, a[i]));                                    \
        }                                                                                         \
    }

/* sweep: out = a + b (+ c), elementwise; `out` may be `a` or begin before the others, never after.
   pairs: windows of 2 or 3 neighbours at stride 2, along many lines. */
#define DEFINE_SWEEPS(tag, S, MERGE)                                                         \
    HOT static void sweep_##tag(char *out, const char *first, const char *second,            \
                                const char *third, ptrdiff_t length)                         \
    {                                                                                        \
        S *t = (S *)out;                                                                     \
        const S *a = (const S *)first, *b = (const S *)second, *c = (const S *)third;        \
        if (c)                                                                               \
            AHEAD EACH(i, length) t[i] = MERGE(MERGE(a[i], b[i]), c[i]);                     \
        else                                                                                 \
            AHEAD EACH(i, length) t[i] = MERGE(a[i], b[i]);                                  \
    }                                                                                        \
    HOT static void pairs_##tag(const char *x, ptrdiff_t line, ptrdiff_t n, ptrdiff_t lines, \
                                ptrdiff_t length, char *out, ptrdiff_t next)                 \
    {                                                                                        \
        for (; lines > 0; lines--, x += line, out += next) {                                 \
            const S *a = (const S *)x;                                                       \
            S *RESTRICT t = (S *)out;                                                        \
            if (n == 2)                                                                      \
                EACH(i, length) t[i] = MERGE(a[2 * i], a[2 * i + 1]);                        \
            else                                                                             \
                EACH(i, length) t[i] = MERGE(MERGE(a[2 * i], a[2 * i + 1]), a[2 * i + 2]);   \
        }                                                                                    \
    }

/* Quotients: totals by one count. */
#define QUOTIENTS(name)                                                                     \
    static void name(const char *totals, ptrdiff_t line, ptrdiff_t lines, ptrdiff_t length, \
                     char *out, ptrdiff_t next, int64_t count, uint64_t bound, int rounding)

#define DEFINE_RATIO(tag, S, F, O)                                                         \
    HOT QUOTIENTS(ratio_##tag)                                                             \
    {                                                                                      \
        int exact = (count & (count - 1))                                                  \
                    == 0; /* then so is the reciprocal, and the product is the quotient */ \
        F by = (F)count, part = 1 / by;                                                    \
        (void)bound, (void)rounding;                                                       \
        for (; lines > 0; lines--, totals += line, out += next) {                          \
            const S *a = (const S *)totals;                                                \
            O *RESTRICT t = (O *)out;                                                      \
            if (exact)                                                                     \
                EACH(i, length) t[i] = (O)((F)a[i] * part);                                \
            else                                                                           \
                EACH(i, length) t[i] = (O)((F)a[i] / by);                                  \
        }                                                                                  \
    }

/* Whole quotients in floats F of p bits, rounded to a whole number afterwards. That is exact where
   2 |a| + b < 2^p: the quotient a / b differs from a half by none or by 1 / 2b at least, and its
   error is at most |a| / b * 2^-p, which is less; a half itself is a float. (2a + b) / 2b is below
   a whole number by none or by 1 / 2b at least, and its error is at most (2a + b) / 2b * 2^-p, less
   again. */
#define IN_FLOATS(O, I, F, RINT, FLOOR, LEAST, MOST)                                              \
    EACH(i, length) {                                                                             \
        F q = rounding == HALF_EVEN ? RINT((F)a[i] / by) : FLOOR(((F)a[i] * scale + shift) / by); \
        q = q < (F)(LEAST) ? (F)(LEAST) : q;                                                      \
        q = q > (F)(MOST) ? (F)(MOST) : q;                                                        \
        t[i] = (O)(I)q;                                                                           \
    }

#define DEFINE_WHOLE(tag, S, O, I, F, BITS, RINT, FLOOR, LEAST, MOST)                   \
    HOT QUOTIENTS(whole_##tag)                                                          \
    {                                                                                   \
        int exact = bound < 1ull << (BITS - 2) && count < 1ll << (BITS - 2);            \
        int halves = rounding == HALF_UP;                                               \
        F scale = halves ? 2 : 1, shift = halves ? (F)count : 0, by = scale * (F)count; \
        for (; lines > 0; lines--, totals += line, out += next) {                       \
            const S *a = (const S *)totals;                                             \
            O *RESTRICT t = (O *)out;                                                   \
            if (!exact)                                                                 \
                EACH(i, length) t[i] = (O)whole_one_##tag(a[i], count, rounding);       \
            else if (rounding == HALF_EVEN)                                             \
                IN_FLOATS(O, I, F, RINT, FLOOR, LEAST, MOST)                            \
            else                                                                        \
                IN_FLOATS(O, I, F, RINT, FLOOR, LEAST, MOST)                            \
        }                                                                               \
    }

/* One whole quotient by division, whatever its size. */
#define DEFINE_WHOLE_ONE(tag, S, W, LEAST, MOST)                      \
    INLINE W whole_one_##tag(S total, int64_t count, int rounding)    \
    {                                                                 \
        W a = (W)total, b = (W)count, q = a / b, rest = a % b;        \
        if (rest + 1 < 1) { /* below zero */                          \
            q--;                                                      \
            rest += b;                                                \
        }                                                             \
        if (rounding == HALF_EVEN)                                    \
            q += rest > b - rest || (rest == b - rest && q % 2 != 0); \
        else if (rounding == HALF_UP)                                 \
            q += rest >= b - rest;                                    \
        return q<(LEAST) ? (LEAST) : q>(MOST) ? (MOST) : q;           \
    }

/* Totals of at most 16 bits by a small count, as products with m = ceil(2^(16 + s) / count): with
   e = m count - 2^(16 + s), a product is exact for numerators below 2^(16 + s) / e. The least s
   that is enough for totals up to `bound`, or -1 if m would have more than 16 bits. */
static int shift_of(int64_t count, uint64_t bound)
{
    if (count < 2 || count > 1 << 12 || bound >= 1 << 16)
        return -1;
    for (int s = 0; 1ll << s < count; s++) {
        uint64_t power = 1ull << (16 + s),
                 e = (power + (uint64_t)count - 1) / (uint64_t)count * (uint64_t)count - power;
        if (bound + (uint64_t)count / 2 < 1 << 16 && e * (bound + (uint64_t)count / 2) < power)
            return s;
    }
    return -1;
}

INLINE uint16_t high(uint16_t a, uint16_t m) { return (uint16_t)(((uint32_t)a * m) >> 16); }

#define BY_PRODUCTS(SHIFT)                                                          \
    EACH(i, length) {                                                               \
        uint16_t q = high(a[i], m) SHIFT, u = (uint16_t)(a[i] + half + (q & even)); \
        q = high(u, m) SHIFT;                                                       \
        t[i] = (uint8_t)(q > 255 ? 255 : q);                                        \
    }

HOT QUOTIENTS(whole_products)
{
    int s = shift_of(count, bound);
    uint16_t m = (uint16_t)(((1ull << (16 + s)) + (uint64_t)count - 1) / (uint64_t)count);
    uint16_t half = (uint16_t)(rounding == FLOOR                  ? 0
                               : count % 2 || rounding == HALF_UP ? count / 2
                                                                  : count / 2 - 1);
    uint16_t even = rounding == HALF_EVEN
                    && count % 2 == 0; /* a half goes up where that makes an odd quotient even */
    for (; lines > 0; lines--, totals += line, out += next) {
        const uint16_t *a = (const uint16_t *)totals;
        uint8_t *RESTRICT t = (uint8_t *)out;
        if (s == 0)
            BY_PRODUCTS()
        else
            BY_PRODUCTS(>> s)
    }
}

/* Steps of a selection network on lines of length n: the smaller or larger of two, both of them,
   three in order, their median, or a smaller or larger one of two with a third. A line that is
   written may be one of those that are read, or begin before. */
enum { SMALLER, LARGER, BOTH, THREE, MEDIAN, CHAIN }; /* CHAIN + 2 first + second */

#define EACH_OF_LINES(...)                 \
    AHEAD EACH(i, length) { __VA_ARGS__; } \
    break

#define DEFINE_SELECT(code, t, T)                                                                \
    HOT static void select_##t(int kind, char *const out[3], const char *const in[3],            \
                               ptrdiff_t length)                                                 \
    {                                                                                            \
        T *o = (T *)out[0], *p = (T *)out[1], *q = (T *)out[2];                                  \
        const T *a = (const T *)in[0], *b = (const T *)in[1], *c = (const T *)in[2];             \
        switch (kind) {                                                                          \
        case SMALLER: EACH_OF_LINES(o[i] = min_##t(a[i], b[i]));                                 \
        case LARGER: EACH_OF_LINES(o[i] = max_##t(a[i], b[i]));                                  \
        case BOTH:                                                                               \
            EACH_OF_LINES(T l = a[i], r = b[i]; o[i] = min_##t(l, r); p[i] = max_##t(l, r));     \
        case THREE:                                                                              \
            EACH_OF_LINES(T l = a[i], m = b[i], r = c[i], low = min_##t(l, m),                   \
                          high = max_##t(l, m);                                                  \
                          l = min_##t(high, r); q[i] = max_##t(high, r); o[i] = min_##t(low, l); \
                          p[i] = max_##t(low, l));                                               \
        case MEDIAN:                                                                             \
            EACH_OF_LINES(T l = a[i], m = b[i], low = min_##t(l, m), high = max_##t(l, m);       \
                          o[i] = max_##t(min_##t(high, c[i]), low));                             \
        case CHAIN: EACH_OF_LINES(o[i] = min_##t(min_##t(a[i], b[i]), c[i]));                    \
        case CHAIN + 1: EACH_OF_LINES(o[i] = max_##t(min_##t(a[i], b[i]), c[i]));                \
        case CHAIN + 2: EACH_OF_LINES(o[i] = min_##t(max_##t(a[i], b[i]), c[i]));                \
        case CHAIN + 3: EACH_OF_LINES(o[i] = max_##t(max_##t(a[i], b[i]), c[i]));                \
        }                                                                                        \
    }

/* The leading values of windows and where they are. Down: one more tap of every column, its number
   where it leads. Across: a column, its leading values and their taps; of equal ones the first tap
   is kept, then the first column. Of NaN the first one leads, or the last one if `last`. Values are
   merged as in a fold. */
#define DEFINE_LEAD(tag, T, MERGE, BEFORE)                                               \
    HOT static void lead_down_##tag(char *values, int32_t *RESTRICT taps, const char *x, \
                                    int32_t tap, int last, ptrdiff_t length)             \
    {                                                                                    \
        T *RESTRICT t = (T *)values;                                                     \
        const T *a = (const T *)x;                                                       \
        EACH(i, length) {                                                                \
            T b = t[i], c = a[i];                                                        \
            int take = (c BEFORE b) | ((c != c) & ((b == b) | last));                    \
            taps[i] = take ? tap : taps[i];                                              \
            t[i] = MERGE(b, c);                                                          \
        }                                                                                \
    }                                                                                    \
    HOT static void lead_across_##tag(                                                   \
        char *values, int32_t *RESTRICT taps, int32_t *RESTRICT columns, const char *x,  \
        const int32_t *others, int32_t column, int last, ptrdiff_t length)               \
    {                                                                                    \
        T *RESTRICT t = (T *)values;                                                     \
        const T *a = (const T *)x;                                                       \
        EACH(i, length) {                                                                \
            T b = t[i], c = a[i];                                                        \
            int32_t p = taps[i], q = others[i];                                          \
            int nan = (c != c) & ((b == b) | (last ? q >= p : q < p));                   \
            int take = (c BEFORE b) | ((c == b) & (q < p)) | nan;                        \
            taps[i] = take ? q : p;                                                      \
            columns[i] = take ? column : columns[i];                                     \
            t[i] = MERGE(b, c);                                                          \
        }                                                                                \
    }

/* The values of one window. `gather` copies the valid ones of a row of it and says whether there is
   a NaN among them; `order` puts those from place `low` to place `high` in order, all others below
   or above; `longest` is the most frequent one of values in order, the smallest of equally frequent
   ones. */
#define DEFINE_VALUES(code, t, T)                                                            \
    static int gather_##t(const char *x, ptrdiff_t step, const char *valid, ptrdiff_t mask,  \
                          ptrdiff_t n, char *values, ptrdiff_t *count)                       \
    {                                                                                        \
        T *v = (T *)values;                                                                  \
        int nan = 0;                                                                         \
        for (; n > 0; n--, x += step) {                                                      \
            T a = *(const T *)x;                                                             \
            int kept = !valid || *valid;                                                     \
            v[*count] = a;                                                                   \
            *count += kept;                                                                  \
            nan |= kept & (a != a);                                                          \
            valid = valid ? valid + mask : NULL;                                             \
        }                                                                                    \
        return nan;                                                                          \
    }                                                                                        \
    static void order_##t(char *values, ptrdiff_t from, ptrdiff_t to, ptrdiff_t low,         \
                          ptrdiff_t high)                                                    \
    {                                                                                        \
        T *v = (T *)values;                                                                  \
        while (to - from > 16 && from <= high && to > low) {                                 \
            /* a place that no order of values is made to be bad for */                      \
            T pivot = v[from                                                                 \
                        + (ptrdiff_t)(((uint64_t)(to - from) * 0x9E3779B97F4A7C15ull >> 11)  \
                                      % (uint64_t)(to - from))];                             \
            ptrdiff_t i = from, j = to - 1;                                                  \
            while (i <= j) {                                                                 \
                while (v[i] < pivot) i++;                                                    \
                while (pivot < v[j]) j--;                                                    \
                if (i <= j) {                                                                \
                    T a = v[i];                                                              \
                    v[i++] = v[j];                                                           \
                    v[j--] = a;                                                              \
                }                                                                            \
            }                                                                                \
            if (j + 1 - from < to - i) { /* the smaller part first, so that calls are few */ \
                order_##t(values, from, j + 1, low, high);                                   \
                from = i;                                                                    \
            } else {                                                                         \
                order_##t(values, i, to, low, high);                                         \
                to = j + 1;                                                                  \
            }                                                                                \
        }                                                                                    \
        if (from <= high && to > low)                                                        \
            for (ptrdiff_t i = from + 1; i < to; i++) {                                      \
                T a = v[i];                                                                  \
                ptrdiff_t j = i;                                                             \
                for (; j > from && a < v[j - 1]; j--) v[j] = v[j - 1];                       \
                v[j] = a;                                                                    \
            }                                                                                \
    }                                                                                        \
    static ptrdiff_t longest_##t(const char *values, ptrdiff_t n)                            \
    {                                                                                        \
        const T *v = (const T *)values;                                                      \
        ptrdiff_t most = 0, best = 0, begin = 0;                                             \
        for (ptrdiff_t i = 0; i < n; i++) {                                                  \
            begin = v[i] == v[begin] ? begin : i;                                            \
            if (i + 1 - begin > most) {                                                      \
                most = i + 1 - begin;                                                        \
                best = begin;                                                                \
            }                                                                                \
        }                                                                                    \
        return best;                                                                         \
    }

/* The most frequent value of lines that are in order, the smallest of equally frequent ones, to the
   first line. */
#define DEFINE_LONGEST(code, t, T)                                                        \
    HOT static void longest_of_##t(char *const *lines, const int64_t *which, ptrdiff_t n, \
                                   ptrdiff_t length)                                      \
    {                                                                                     \
        T best[BLOCK], run[BLOCK],                                                        \
            most[BLOCK]; /* counts fit: there are at most MOST_COUNTED lines */           \
        for (ptrdiff_t from = 0; from < length; from += BLOCK) {                          \
            ptrdiff_t size = length - from < BLOCK ? length - from : BLOCK;               \
            T *out = (T *)lines[which[0]] + from;                                         \
            EACH(i, size) best[i] = out[i], run[i] = 1, most[i] = 1;                      \
            for (ptrdiff_t line = 1; line < n; line++) {                                  \
                const T *a = (const T *)lines[which[line - 1]] + from,                    \
                        *b = (const T *)lines[which[line]] + from;                        \
                EACH(i, size) {                                                           \
                    T count = a[i] == b[i] ? (T)(run[i] + 1) : 1;                         \
                    best[i] = count > most[i] ? b[i] : best[i];                           \
                    most[i] = count > most[i] ? count : most[i];                          \
                    run[i] = count;                                                       \
                }                                                                         \
            }                                                                             \
            memcpy(out, best, (size_t)size * sizeof(T));                                  \
        }                                                                                 \
    }
